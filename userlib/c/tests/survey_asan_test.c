// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * build: -fsanitize=address -fno-omit-frame-pointer
 * timeout: 300
 */
#include "survey_test.c"

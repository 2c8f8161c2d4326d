# SPDX-License-Identifier: GPL-2.0-only
#
# Thin front: every target forwards to tools/dev, which prints what it runs.

KERNEL ?= 7.3
export KERNEL KDIR T R B STRICT KERNELS JOBS ACCEL RENEW VM_MEM VM_CPUS LANES FLAVOUR MINUTES SEED KEEP PLANT DESTDIR PREFIX

TARGETS := setup modules selftests userlib libqipc install-libqipc test test-all test-host test-vm test-debug fuzz demo shell quick matrix soak model coverage lint fmt bench bench-quick bench-icount bench-wall bench-profile bench-store clean distclean

.PHONY: help $(TARGETS)
.DEFAULT_GOAL := help

help:
	@sh tools/dev help

$(TARGETS):
	@sh tools/dev $@

# One recipe at a time: the targets share build/, and each of them is parallel inside.
.NOTPARALLEL:

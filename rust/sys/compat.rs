// SPDX-License-Identifier: GPL-2.0-only

//! Everything that differs between the kernel versions and configurations the module is built for.
//!
//! No other file may look at the kernel's version.

use super::calls;

/// `THIS_MODULE`, so that an open file keeps the module loaded.
pub(super) const THIS_MODULE: *mut kernel::bindings::module = calls::__this_module.get();

/// `HRTIMER_NORESTART`, which is 0 of a type that the bindings of 7.2 and 7.3 make differently.
// SAFETY: The type is an integer of C, with or without a name around it.
pub(super) const HRTIMER_NORESTART: kernel::bindings::hrtimer_restart =
    unsafe { core::mem::zeroed() };

/// `tracepoint_synchronize_unregister()`, for tracepoints that cannot fault: waits until nobody is
/// in a probe that was unregistered.
pub(super) fn tracepoint_synchronize_unregister() {
    calls::synchronize_srcu(&calls::tracepoint_srcu);
}

/// `xen_pv_domain()`: whether the entries of page tables are not what they seem, because this is a
/// paravirtual guest of Xen.
#[inline]
pub(super) fn is_xen_paravirtual() -> bool {
    #[cfg(CONFIG_XEN_PV)]
    let kind = calls::xen_domain_type;
    #[cfg(not(CONFIG_XEN_PV))]
    let kind = 0;
    kind == 1
}

/// `PHYSICAL_PAGE_MASK`: the bits of an entry of a page table that are the address of a page.
#[inline]
pub(super) fn physical_page_mask() -> u64 {
    #[cfg(CONFIG_DYNAMIC_PHYSICAL_MASK)]
    let mask = calls::physical_mask;
    #[cfg(not(CONFIG_DYNAMIC_PHYSICAL_MASK))]
    let mask = (1u64 << 52) - 1;
    mask & !(kernel::page::PAGE_SIZE as u64 - 1)
}

/// Where `ns_id` of a namespace lies: a number that is never used again.
///
/// The bindings have no name for the part of the structure that it is in, which follows `inum`.
pub(super) const NAMESPACE_ID: usize = {
    use core::mem::offset_of;
    use kernel::bindings;
    let before = offset_of!(bindings::ns_common, inum) + size_of::<u32>();
    before.next_multiple_of(align_of::<bindings::ns_tree>()) + offset_of!(bindings::ns_tree, ns_id)
};

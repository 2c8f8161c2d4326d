// SPDX-License-Identifier: GPL-2.0-only

//! Everything that differs between the kernel versions the module is built for.
//!
//! No other file may look at the kernel's version.

use kernel::ffi;

// Without lockdep the kernel's lock class keys are empty, which is all the lint is about.
#[allow(improper_ctypes)]
extern "C" {
    // Exported to GPL modules, but not in the generated bindings of 7.2 and 7.3.
    /// `anon_inode_getfile()`, `fs/anon_inodes.c`.
    pub(super) fn anon_inode_getfile(
        name: *const ffi::c_char,
        fops: *const kernel::bindings::file_operations,
        private: *mut ffi::c_void,
        flags: ffi::c_int,
    ) -> *mut kernel::bindings::file;

    /// The first IPC namespace, `ipc/msgutil.c`, of a type that the bindings do not know.
    pub(super) static init_ipc_ns: kernel::types::Opaque<kernel::bindings::ipc_namespace>;

    /// What protects the probes of tracepoints, `kernel/tracepoint.c`.
    static tracepoint_srcu: kernel::types::Opaque<kernel::bindings::srcu_struct>;

    /// Which bits of an entry of a page table are an address, `arch/x86/mm/pgtable.c`.
    #[cfg(CONFIG_DYNAMIC_PHYSICAL_MASK)]
    static physical_mask: u64;

    /// `enum xen_domain_type`, `arch/x86/xen/enlighten.c`.
    #[cfg(CONFIG_XEN_PV)]
    static xen_domain_type: ffi::c_uint;

    /// The module itself, as the kernel's own `module!` macro names it.
    pub(super) static __this_module: kernel::types::Opaque<kernel::bindings::module>;
}

/// `THIS_MODULE`, so that an open file keeps the module loaded.
// SAFETY: Only the address is taken; the kernel's build defines the symbol in every module.
pub(super) const THIS_MODULE: *mut kernel::bindings::module = unsafe { __this_module.get() };

/// `HRTIMER_NORESTART`, which is 0 of a type that the bindings of 7.2 and 7.3 make differently.
// SAFETY: The type is an integer of C, with or without a name around it.
pub(super) const HRTIMER_NORESTART: kernel::bindings::hrtimer_restart =
    unsafe { core::mem::zeroed() };

/// `tracepoint_synchronize_unregister()`, for tracepoints that cannot fault: waits until nobody is
/// in a probe that was unregistered.
pub(super) fn tracepoint_synchronize_unregister() {
    // SAFETY: The structure is static, and the caller may sleep.
    unsafe { kernel::bindings::synchronize_srcu(tracepoint_srcu.get()) };
}

/// `xen_pv_domain()`: whether the entries of page tables are not what they seem, because this is a
/// paravirtual guest of Xen.
#[inline]
pub(super) fn is_xen_paravirtual() -> bool {
    #[cfg(CONFIG_XEN_PV)]
    // SAFETY: Set while the machine starts, and constant since then.
    let kind = unsafe { xen_domain_type };
    #[cfg(not(CONFIG_XEN_PV))]
    let kind = 0;
    kind == 1
}

/// `PHYSICAL_PAGE_MASK`: the bits of an entry of a page table that are the address of a page.
#[inline]
pub(super) fn physical_page_mask() -> u64 {
    #[cfg(CONFIG_DYNAMIC_PHYSICAL_MASK)]
    // SAFETY: Set while the machine starts, and constant since then.
    let mask = unsafe { physical_mask };
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

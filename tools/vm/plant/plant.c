// SPDX-License-Identifier: GPL-2.0-only
/*
 * One fault of each kind that the debug kernel has to see. Loading the module
 * with kind=NAME makes that fault, and fails, so that the next can be loaded.
 */
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/timer.h>

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "which fault to make");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static int __rcu *shared;
static void *volatile sink;

static void out_of_bounds(void)
{
	char *p = kmalloc(40, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	if (p)
		p[40] = 1;
	kfree(p);
}

static void use_after_free(void)
{
	char *p = kmalloc(40, GFP_KERNEL);

	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	if (p)
		p[8] = 1;
}

static void leak(void)
{
	sink = kmalloc(200, GFP_KERNEL);
	sink = NULL;
}

static void atomic_sleep(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void rcu(void)
{
	sink = rcu_dereference(shared);
}

static void refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static void nothing(struct timer_list *timer)
{
}

static void timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

static void hang(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(45 * HZ);
}

static void lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* The kernel stops at this one. */
static void list(void)
{
	LIST_HEAD(head);
	struct list_head *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return;
	list_add(entry, &head);
	list_del(entry);
	list_del(entry);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "out_of_bounds", out_of_bounds },
	{ "use_after_free", use_after_free },
	{ "leak", leak },
	{ "atomic_sleep", atomic_sleep },
	{ "rcu", rcu },
	{ "refcount", refcount },
	{ "timer", timer },
	{ "hang", hang },
	{ "lock_order", lock_order },
	{ "list", list },
};

static int __init plant_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(faults[i].name, kind))
			continue;
		pr_alert("plant: %s\n", kind);
		faults[i].make();
		return -EAGAIN;
	}
	return -EINVAL;
}
module_init(plant_init);

MODULE_DESCRIPTION("Faults for the debug kernel to see");
MODULE_LICENSE("GPL");

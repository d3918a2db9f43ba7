def uninstall_hook(env):
    """Drop the functions behind our triggers, and the triggers with them."""
    for name in ("crm_rfm_cell_check_total", "crm_rfm_dirty_add"):
        env.cr.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")

def uninstall_hook(env):
    """Drop our views, and the functions behind our triggers with the triggers."""
    env.cr.execute("DROP VIEW IF EXISTS crm_rfm_bi_customer, crm_rfm_bi_history")
    for name in ("crm_rfm_cell_check_total", "crm_rfm_dirty_add"):
        env.cr.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")

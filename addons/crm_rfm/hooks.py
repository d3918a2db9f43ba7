def uninstall_hook(env):
    """Take back price lists; drop our views, and the functions behind our triggers with the triggers."""
    # nothing would remember with whom the offers end
    env["crm.rfm.action.line"].search([("pricelist_id", "!=", False)])._take_back_pricelist()
    env.flush_all()
    env.cr.execute("DROP VIEW IF EXISTS crm_rfm_bi_customer, crm_rfm_bi_history")
    for name in ("crm_rfm_cell_check_total", "crm_rfm_dirty_add"):
        env.cr.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")

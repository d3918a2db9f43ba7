def post_init_hook(env):
    """Needs that were there before their products could be known get their proposals."""
    env["crm.need"].search([("state", "=", "open")])._propose_products()

def uninstall_hook(env):
    """Drop the function behind the constraint triggers of the grid, and the triggers with it."""
    env.cr.execute("DROP FUNCTION IF EXISTS crm_rfm_cell_check_total() CASCADE")

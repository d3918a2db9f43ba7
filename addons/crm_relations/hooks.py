def uninstall_hook(env):
    """Take the audit log's triggers off the tables of others, which stay."""
    env.cr.execute("DROP FUNCTION IF EXISTS crm_audit_capture() CASCADE")

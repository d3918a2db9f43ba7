from . import crm_exchange_export

from . import order_flow_demo

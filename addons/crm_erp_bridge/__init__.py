from . import models
from . import controllers
from . import demo
from . import wizard

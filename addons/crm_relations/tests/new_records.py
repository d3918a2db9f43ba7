from contextlib import contextmanager
from unittest.mock import patch

from odoo import models
from odoo.addons.crm_relations.models.base_new import Base


@contextmanager
def compared_with_odoo(test):
    """Whatever becomes new in here: the same follows it as by Odoo's own method, and it gets the same defaults.

    :return: a list that collects what was compared: names of models and how many fields followed
    """
    compared = []
    followed, defaulted = Base._modified, Base.default_get

    def marked(found):
        return {(str(field), record_id) for field, records, _create in found for record_id in records._ids}

    def modified(records, fields, create):
        if not create and any(records._ids):
            return followed(records, fields, create)
        # both say what to follow before either follows it, which brings values into the cache
        ours, odoos = followed(records, fields, create), models.BaseModel._modified(records, fields, create)
        ours = list(ours)
        test.assertEqual(marked(ours), marked(odoos), records._name)
        compared.append((records._name, len(marked(ours))))
        return iter(ours)

    def default_get(records, fields):
        ours = defaulted(records, fields)
        # what a default makes anew each time (a token, the time) has the same key, and not the same value
        test.assertEqual(ours.keys(), models.BaseModel.default_get(records, fields).keys(), records._name)
        return ours

    with patch.object(Base, "_modified", modified), patch.object(Base, "default_get", default_get):
        yield compared

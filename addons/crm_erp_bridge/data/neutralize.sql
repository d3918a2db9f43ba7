-- a copy of the database tells no other system what happens in it
UPDATE crm_outbox_subscriber
   SET active = false, url = 'https://neutralized.invalid/', secret = NULL;

-- a copy of the database tells no other system what happens in it
UPDATE crm_outbox_subscriber
   SET active = false, url = 'https://neutralized.invalid/', secret = NULL;

-- nor does it take in what is meant for the original
UPDATE crm_request_door
   SET active = false, secret = NULL, folder = NULL, kind = 'webhook';

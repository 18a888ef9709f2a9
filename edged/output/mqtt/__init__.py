"""MQTT 5: the journal on the air."""

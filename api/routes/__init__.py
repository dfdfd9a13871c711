"""The routes: what the gateway can be asked, a router for each thing there is to ask about."""

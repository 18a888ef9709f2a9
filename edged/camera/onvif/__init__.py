"""ONVIF sessions on onvif-zeep's WSDLs, parsed once and shared."""

"""FastGPT, spoken over HTTP: what is asked is encoded, what comes is decoded, and only `server` touches the network."""

/** Sockets to MQTT servers, plain or TLS. */
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'

export interface TlsFiles {
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
}

/** The event of a socket that may be spoken into: for TLS, once the server has proven itself. */
export const openEvent = (url: URL): 'connect' | 'secureConnect' =>
  url.protocol === 'mqtts:' ? 'secureConnect' : 'connect'

/**
 * Begins to connect. Certificates are read anew each time, so that renewed ones are picked up.
 * @throws what the file system says of a certificate, and OpenSSL of its content
 */
export function openSocket(url: URL, tls: TlsFiles): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'mqtt:') return connectTcp({ host, port: Number(url.port || 1883) })
  const read = (file: string | null) => (file === null ? undefined : readFileSync(file))
  // Six megabytes that a gateway without TLS does not pay.
  return process.getBuiltinModule('node:tls').connect({
    host,
    port: Number(url.port || 8883),
    // Only names may be asked for; addresses of IPv6 have letters too.
    ...(isIP(host) > 0 ? {} : { servername: host }),
    ca: read(tls.caFile),
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    minVersion: 'TLSv1.2',
  })
}

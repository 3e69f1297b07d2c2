import type { PacketRing } from './ring.ts'

/** The XML of an answer to `INFO`, in the words of SeisComP's server. @see SeisComP, apps/seedlink, INFO */
export function infoDocument(
  level: string,
  about: { software: string; organization: string },
  rings: readonly PacketRing[],
): string | null {
  const open = `<?xml version="1.0"?>\n<seedlink software="${escaped(about.software)}" organization="${escaped(about.organization)}" started="2026/05/01 00:00:00.0000">`
  if (level === 'ID') return `${open}</seedlink>\n`
  if (level === 'CAPABILITIES') {
    const names = ['dialup', 'multistation', 'info:id', 'info:capabilities', 'info:stations', 'info:streams']
    return `${open}${names.map((name) => `<capability name="${name}"/>`).join('')}</seedlink>\n`
  }
  if (level !== 'STATIONS' && level !== 'STREAMS') return null
  return `${open}${rings.map((ring) => station(ring, level === 'STREAMS')).join('')}</seedlink>\n`
}

function station(ring: PacketRing, withStreams: boolean): string {
  const hex = (sequence: number) => sequence.toString(16).toUpperCase().padStart(6, '0')
  const begin = hex(ring.packets[0]?.sequence ?? ring.next)
  const attributes = `name="${ring.station}" network="${ring.network}" description="${escaped(`${ring.station} & co`)}" begin_seq="${begin}" end_seq="${hex(ring.next)}" stream_check="enabled"`
  return withStreams ? `<station ${attributes}>${streams(ring)}</station>` : `<station ${attributes}/>`
}

function streams(ring: PacketRing): string {
  const byName = new Map(ring.packets.map((packet) => [`${packet.location}.${packet.channel}`, packet]))
  return [...byName.values()]
    .map(
      ({ location, channel }) =>
        `<stream location="${location}" seedname="${channel}" type="D" begin_time="2026/05/01 00:00:00.0000" end_time="2026/05/01 01:00:00.0000" begin_recno="0" end_recno="0" gap_check="disabled" gap_treshold="0"/>`,
    )
    .join('')
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const TEXT_BYTES = 512 - 56

/** Cuts a document into log records of 512 bytes behind `SLINFO *`, the last one behind `SLINFO  `. */
export function infoPackets(document: string, channel: 'INF' | 'ERR'): Uint8Array[] {
  const bytes = new TextEncoder().encode(document)
  const count = Math.max(1, Math.ceil(bytes.length / TEXT_BYTES))
  return Array.from({ length: count }, (_, i) => {
    const text = bytes.subarray(i * TEXT_BYTES, (i + 1) * TEXT_BYTES)
    return logPacket(text, channel, i + 1, i === count - 1)
  })
}

function logPacket(text: Uint8Array, channel: string, number: number, last: boolean): Uint8Array {
  const packet = new Uint8Array(520)
  const put = (at: number, words: string) => packet.set(new TextEncoder().encode(words), at)
  put(0, last ? 'SLINFO  ' : 'SLINFO *')
  put(8, `${String(number).padStart(6, '0')}D INFO   ${channel}SL`)
  const header = new DataView(packet.buffer, 8)
  header.setUint16(20, 2026)
  header.setUint16(22, 121)
  header.setUint16(30, text.length)
  header.setUint8(39, 1)
  header.setUint16(44, 56)
  header.setUint16(46, 48)
  // Blockette 1000: text, big-endian, 2^9 bytes.
  header.setUint16(48, 1000)
  header.setUint8(52, 0)
  header.setUint8(53, 1)
  header.setUint8(54, 9)
  packet.set(text, 8 + 56)
  return packet
}

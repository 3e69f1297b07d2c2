import { canonicalJson, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { AuditEntry } from '../audit.ts'
import type { EvidenceReview } from './evidence-port.ts'
import { clocksOf, frozenWaveforms, waveformFiles } from './frozen-lines.ts'
import { type TarFile, tarOf } from './tar.ts'

/** What a bundle is made of; the same input gives the same bytes. */
export interface BundleInput {
  readonly issuer: { readonly id: string; readonly name: string }
  readonly order: string
  readonly draftedAtMs: number
  readonly document: unknown
  readonly documentSha256: string
  readonly finding: unknown
  /** As it was sent; `null` before. */
  readonly jws: string | null
  readonly pieces: readonly { readonly what: string; readonly sha256: string; readonly content: string | null }[]
  readonly contentSha256: string
  readonly reviews: readonly EvidenceReview[]
  readonly reviewed: boolean
  /** Entries of the log about this order, oldest first. */
  readonly entries: readonly AuditEntry[]
  /** Signs the manifest. */
  readonly sign: (manifest: unknown) => Promise<string>
}

/** What the piece of versions and configuration is called. */
export const CONTEXT_PIECE = 'versions and configuration'

/** Said in each bundle, so that nobody takes it for more than it is. */
const SIGNATURES = {
  county:
    'The manifest, the order and the checkpoints of the audit log are signed with the key of the county (Ed25519).',
  gateways:
    'Readings are not signed by gateways one by one: a gateway proves who it is to the broker when it connects, and its readings are hashed here as they were committed.',
}

interface BundleFile extends TarFile {
  readonly what: string
  /** Hash of the frozen piece that it is, or was made of. */
  readonly piece?: string
}

/** All of an order's evidence as one deterministic tar with a signed manifest. */
export async function bundleOf(input: BundleInput): Promise<Uint8Array> {
  const files = [...orderFiles(input), ...pieceFiles(input), ...waveforms(input), ...aboutFiles(input)]
  const listed = await Promise.all(
    files.map(async ({ name, bytes, what, piece }) => ({
      ...{ name, what, bytes: bytes.length, sha256: await sha256Hex(bytes) },
      ...(piece === undefined ? {} : { piece }),
    })),
  )
  const { issuer, order, documentSha256, contentSha256, reviewed } = input
  const missing = input.pieces.filter(({ content }) => content === null).map(({ what, sha256 }) => ({ what, sha256 }))
  const manifest = {
    ...{ type: 'evidence-bundle', version: 1, issuer, order, orderSha256: documentSha256, contentSha256, reviewed },
    ...{ signatures: SIGNATURES, files: listed, missing },
  }
  const signed = [
    { name: 'manifest.json', bytes: text(canonicalJson(manifest)) },
    { name: 'manifest.jws', bytes: text(await input.sign(manifest)) },
  ]
  const hashes = await Promise.all(signed.map(async ({ name, bytes }) => ({ name, sha256: await sha256Hex(bytes) })))
  const sums = [...listed, ...hashes].map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('')
  return tarOf([...files, ...signed, { name: 'SHA256SUMS', bytes: text(sums) }], input.draftedAtMs)
}

function orderFiles({ document, finding, jws }: BundleInput): BundleFile[] {
  return [
    { name: 'README.txt', bytes: text(README), what: 'how to check this' },
    { name: 'order/document.json', bytes: text(canonicalJson(document)), what: 'what two officials approved' },
    ...(jws === null
      ? []
      : [{ name: 'order/order.jws', bytes: text(jws), what: 'the order as it was signed and sent' }]),
    { name: 'order/finding.json', bytes: text(canonicalJson(finding)), what: 'the finding that it was drafted on' },
  ]
}

function pieceFiles({ pieces }: BundleInput): BundleFile[] {
  return pieces.flatMap(({ what, sha256, content }, i) => {
    if (content === null) return []
    const name =
      what === CONTEXT_PIECE ? 'versions.json' : `readings/${String(i).padStart(2, '0')}-${wordsOf(what)}.ndjson`
    return [{ name, bytes: text(content), what, piece: sha256 }]
  })
}

/** Letters that every file system takes, of what stands before the colon. */
const wordsOf = (what: string): string => (what.split(':')[0] ?? '').replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60)

function waveforms({ pieces }: BundleInput): BundleFile[] {
  const contents = pieces.flatMap(({ content }) => content ?? [])
  return waveformFiles(frozenWaveforms(contents)).map(({ gateway, sensor, channel, miniSeed }) => ({
    name: `waveforms/${wordsOf(`${gateway} ${sensor} ${channel}`)}.mseed`,
    bytes: miniSeed,
    what: `waveform of ${gateway} ${sensor} ${channel}, miniSEED, as the gateway sent it`,
  }))
}

function aboutFiles({ pieces, reviews, entries }: BundleInput): BundleFile[] {
  const contents = pieces.flatMap(({ content }) => content ?? [])
  return [
    { name: 'clocks.json', bytes: text(canonicalJson(clocksOf(contents))), what: 'how good the clocks were' },
    { name: 'reviews.json', bytes: text(canonicalJson(reviews)), what: 'what people said of this evidence' },
    {
      name: 'audit.ndjson',
      bytes: text(entries.map((entry) => `${canonicalJson(entry)}\n`).join('')),
      what: 'entries of the audit log about this order; the whole log is exported by itself',
    },
  ]
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

const README = `Evidence of a cut-off order.

Check that nothing was changed:   sha256sum -c SHA256SUMS
Who vouches for it:               manifest.jws, a JWS (RFC 7515, Ed25519) of manifest.json with the county's key
What was frozen before approval:  order/document.json names each frozen piece by its hash (SHA-256);
                                  its own hash is the one that two officials approved and the order carries.
What came later:                  pieces that the audit log names in entries "evidence.supplemented" (audit.ndjson)
Waveforms:                        miniSEED 2, made of the frozen pieces "waveform" (field "data", hexadecimal); units are counts
Clocks:                           clocks.json: quality and bound of error of the readings' times
Reviews:                          reviews.json; evidence that nobody has reviewed is not to be used as such
`

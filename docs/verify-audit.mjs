// Verifies an export of Minewarden's audit log with nothing but Node (18 or later): no package, no network, no database.
//   node verify-audit.mjs EXPORT [ORDER.jws | CHECKPOINTS.ndjson ...]
// Further files are witnesses from elsewhere: orders as a power company received them, copies of the checkpoint file.
// Exit code 0: nothing was changed. 1: something was; each line names it. 2: the file is no such export.
// How it works: docs/audit.md. It prints the fingerprint of each key: compare it with the one that you were given.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [path, ...witnessPaths] = process.argv.slice(2)
const problems = []
const complain = (where, what) => problems.push(`${where}: ${what}`)
const sha256 = (data) => createHash('sha256').update(data).digest('hex')

/** RFC 8785: members in the order of their UTF-16 names, no blanks, numbers and texts as JavaScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

/** RFC 7515 with Ed25519 (RFC 8037): the payload if one of the keys signed this text as a document of this type. */
function opened(jws, typ, keys, where) {
  try {
    const [head, body, signature] = jws.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url'))
    const key = keys.get(header.kid)
    const signed = Buffer.from(`${head}.${body}`)
    if (header.alg !== 'EdDSA' || header.typ !== typ) complain(where, `not a signed ${typ}`)
    else if (!key) complain(where, 'signed with a key that is not in the file')
    else if (!verify(null, signed, key, Buffer.from(signature, 'base64url')))
      complain(where, 'the signature does not verify')
    else return JSON.parse(Buffer.from(body, 'base64url'))
  } catch {
    complain(where, 'not a signed document')
  }
  return null
}

/** Keys by their fingerprint (RFC 7638), which is computed from the key itself. */
const keysOf = (list) =>
  new Map(
    list.map(({ kty, crv, x }) => [print({ crv, kty, x }), createPublicKey({ key: { kty, crv, x }, format: 'jwk' })]),
  )
const print = (key) => createHash('sha256').update(canonical(key)).digest('base64url')

const text = readFileSync(path ?? '/dev/stdin', 'utf8')
const lines = text.split('\n')
if (!lines[0]?.includes('"minewarden-audit-export"')) {
  console.error('not an export of an audit log')
  process.exit(2)
}
if (lines.pop() !== '') complain('the end', 'the file breaks off in its last line')

const kinds = ['header', 'key', 'checkpoint', 'order', 'standing', 'answer', 'evidence', 'entry', 'seal']
const of = Object.fromEntries(kinds.map((kind) => [kind, []]))
for (const [i, line] of lines.entries()) {
  try {
    const said = JSON.parse(line)
    if (canonical(said) !== line) complain(`line ${i + 1}`, 'not written as it was')
    of[said.kind].push({ ...said, where: `line ${i + 1}` })
  } catch {
    complain(`line ${i + 1}`, 'no line of an export')
  }
}
const keys = keysOf(of.key.map(({ key }) => key))

// 1. Entries: each holds the hash of the one before, and the hash of itself.
let previous = '0'.repeat(64)
const hashes = [previous]
const recordOf = new Map()
const named = new Map()
for (const { entry, where } of of.entry) {
  const { hash, ...body } = entry
  const at = `entry ${entry.sequence} (${where})`
  if (entry.sequence !== hashes.length) complain(at, `entry ${hashes.length} was expected here`)
  if (entry.previous !== previous) complain(at, 'does not follow the one before it')
  if (hash !== sha256(canonical(body))) complain(at, 'was changed')
  hashes[entry.sequence] = previous = hash
  const { recordSha256, answerSha256, pieces = [] } = entry.detail
  if (recordSha256) recordOf.set(entry.subject, recordSha256)
  for (const one of [answerSha256, ...pieces.map((piece) => piece.sha256)]) if (one) named.set(one, entry.sequence)
}

// 2. Checkpoints: signed while the log grew; each holds the hash of the one before.
const claims = []
let before = null
for (const [i, { jws, where }] of of.checkpoint.entries()) {
  const at = `checkpoint ${i + 1} (${where})`
  const said = opened(jws, 'minewarden-audit-checkpoint+jws', keys, at)
  if (said?.number !== i + 1 || said.previous !== before) complain(at, 'does not follow the one before it')
  if (said) claims.push([at, said])
  before = sha256(jws)
}

// 3. Orders with their signatures, suppliers' answers, evidence: what entries name must be there, and be what they name.
const there = new Set()
for (const { id, record, where } of [...of.order, ...of.standing]) {
  if (sha256(record) !== recordOf.get(id)) complain(`record ${id} (${where})`, 'not the one that the log vouches for')
  recordOf.delete(id)
}
for (const { id, record, where } of of.order) {
  const at = `order ${id} (${where})`
  const order = JSON.parse(record)
  if (sha256(canonical(order.content)) !== order.documentSha256) complain(at, 'the document was changed')
  for (const piece of order.content.evidence) if (!named.has(piece.sha256)) named.set(piece.sha256, null)
  const said = order.jws && opened(order.jws, 'minewarden-cut-off-order+jws', keys, at)
  if (said?.auditHead) claims.push([at, said.auditHead])
  if (said && sha256(canonical(said.order)) !== order.documentSha256) complain(at, 'another document was signed')
}
for (const id of recordOf.keys()) complain(`record ${id}`, 'missing')
for (const { sha256: hash, jws, key, where } of of.answer) {
  if (jws !== null && sha256(jws) !== hash) complain(`answer (${where})`, 'was changed')
  if (jws !== null && key) opened(jws, 'minewarden-cut-off-answer+jws', keysOf([key]), where)
}
for (const { sha256: hash, where } of [...of.answer, ...of.evidence]) {
  if (!named.has(hash)) complain(where, `nothing in the log names ${hash}`)
  if (there.has(hash)) complain(where, 'stands here twice')
  there.add(hash)
}
for (const [hash, entry] of named)
  if (entry !== null && !there.has(hash)) complain(`entry ${entry}`, `what it names is missing: ${hash}`)

// 4. The seal: the file is byte for byte the one that was exported.
const seal = of.seal.length === 1 ? opened(of.seal[0].jws, 'minewarden-audit-export+jws', keys, 'the seal') : null
if (seal === null) complain('the seal', 'missing or not valid')
const body = `${lines.slice(0, -1).join('\n')}\n`
if (seal && (seal.sha256 !== sha256(body) || of.seal[0].where !== `line ${lines.length}`))
  complain('the seal', 'the file was changed since')

// 5. Witnesses from elsewhere.
for (const witness of witnessPaths)
  for (const jws of readFileSync(witness, 'utf8').split('\n').filter(Boolean)) {
    const isOrder = JSON.parse(Buffer.from(jws.split('.')[0], 'base64url')).typ.includes('order')
    const said = opened(jws, `minewarden-${isOrder ? 'cut-off-order' : 'audit-checkpoint'}+jws`, keys, witness)
    if (said && Date.parse(said.at ?? said.issuedAt) <= Date.parse(seal?.at))
      claims.push([witness, said.auditHead ?? said])
  }
for (const [where, { sequence, hash }] of claims)
  if (hashes[sequence] !== hash) complain(where, `signed another entry ${sequence} than the one in the file`)

for (const kid of keys.keys()) console.log(`key ${kid}`)
for (const problem of problems) console.log(problem)
const verdict = problems.length === 0 ? 'nothing was changed' : 'CHANGED'
console.log(`${of.entry.length} entries, ${of.checkpoint.length} checkpoints, ${of.order.length} orders: ${verdict}`)
process.exitCode = problems.length === 0 ? 0 : 1

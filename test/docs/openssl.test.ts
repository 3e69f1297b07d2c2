import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { requires } from '../support/requires.ts'

const page = readFileSync(new URL('../../docs/power-company.md', import.meta.url), 'utf8')
const script = page.split('```bash\n')[1]?.split('```')[0] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'minewarden-openssl-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function verify(jws: string, x: string) {
  writeFileSync(join(folder, 'order.jws'), jws)
  return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env: { ...process.env, X: x } })
}

describe.runIf(requires('openssl'))('the check of a signature that the page shows', () => {
  it('takes an order as it was signed, and no other', async () => {
    // Keys and signatures of many lengths of base64url, with '-' and '_' in them.
    for (let i = 0; i < 12; i++) {
      const key = await generatePrivateKey()
      const { x } = await publicKeyOf(key)
      const jws = await signDocument(
        { order: { id: `450324-${i}`, padding: '.'.repeat(i) } },
        DOCUMENT_TYPES.order,
        key,
      )
      expect(verify(jws, x)).toMatchObject({ status: 0, stdout: 'Signature Verified Successfully\n' })

      const [header = '', payload = '', signature = ''] = jws.split('.')
      const altered = Buffer.from(Buffer.from(payload, 'base64url').toString().replace(`-${i}`, '-99'))
      expect(verify([header, altered.toString('base64url'), signature].join('.'), x).status).not.toBe(0)
      expect(verify(jws, (await publicKeyOf(await generatePrivateKey())).x).status).not.toBe(0)
    }
    // 36 runs of bash and openssl, which a busy machine takes its time for.
  })
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate as writeCertificate } from '../../../cli/demo/certificates.ts'

/** A certificate for the loopback addresses that is its own authority: what both sides of a test trust. PEM. */
export async function makeCertificate(): Promise<{ cert: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'minewarden-certificate-'))
  try {
    const { certFile, keyFile } = await writeCertificate(folder, 'test')
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

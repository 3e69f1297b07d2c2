import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The StandardFirmata firmware (protocol 2.4) as its authors compiled it for an Arduino Uno. It is under the LGPL, hence not part
 * of this repository: it is fetched once, from a package that carries it, into a cache.
 */
const PACKAGE = 'avrgirl-arduino@5.0.1'
const MEMBER = 'package/junk/hex/uno/StandardFirmata.cpp.hex'
const SHA256 = '6d57ea7cf30e26c9c2f3a01ee37907d2c951f8bc9c27f84dddad12fa9c8b8f36'
const CACHE = new URL('../../node_modules/.cache/minewarden', import.meta.url).pathname

/** Where the firmware is; `null`, with the reason printed, when it cannot be had. With `CI=true` it throws instead. */
export function standardFirmata(): string | null {
  const path = join(CACHE, 'StandardFirmata-uno.hex')
  if (existsSync(path) && isGenuine(path)) return path
  try {
    fetchInto(path)
    return path
  } catch (error) {
    const reason = `StandardFirmata cannot be fetched from ${PACKAGE}: ${error instanceof Error ? error.message : error}`
    if (process.env.CI === 'true') throw new Error(reason, { cause: error })
    console.warn(`skipped: ${reason}`)
    return null
  }
}

const isGenuine = (path: string): boolean => createHash('sha256').update(readFileSync(path)).digest('hex') === SHA256

function fetchInto(path: string): void {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-firmata-'))
  try {
    const options = { cwd: dir, timeout: 60_000, encoding: 'utf8' } as const
    const archive = execFileSync('npm', ['pack', PACKAGE, '--silent'], options).trim()
    execFileSync('tar', ['xzf', archive, MEMBER], options)
    const member = join(dir, MEMBER)
    if (!isGenuine(member)) throw new Error('its SHA-256 is not the one that is known')
    mkdirSync(CACHE, { recursive: true })
    // Test files run side by side: the last step is one that cannot be seen half done.
    const ours = `${path}.${process.pid}`
    execFileSync('cp', [member, ours], options)
    renameSync(ours, path)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

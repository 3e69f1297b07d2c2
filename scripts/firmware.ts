/**
 * Builds the digitiser's firmware with Debian's gcc-avr: `npm run firmware` puts it into hardware/firmware/build and
 * prints what it takes of the chip; tests build it into a folder of their own.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCES = new URL('../hardware/firmware/', import.meta.url).pathname
const FLASH_BYTES = 32_768
const RAM_BYTES = 2048

export interface FirmwareBuild {
  /** Path of the Intel HEX file. */
  readonly hex: string
  readonly flashBytes: number
  /** Without the stack. */
  readonly ramBytes: number
}

/**
 * Builds into `folder`. `baud` other than the protocol's 500 000 makes a firmware for experiments.
 * @throws what the compiler says when it fails
 */
export function buildFirmware(folder: string, baud = 500_000): FirmwareBuild {
  execFileSync('make', ['-s', '-C', SOURCES, `BUILD=${folder}`, `BAUD=${baud}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const sizes = execFileSync('avr-size', ['-A', join(folder, 'digitiser.elf')], { encoding: 'utf8' })
  const size = (section: string): number => Number(new RegExp(`^\\.${section}\\s+(\\d+)`, 'm').exec(sizes)?.[1] ?? 0)
  return {
    hex: join(folder, 'digitiser.hex'),
    flashBytes: size('text') + size('data'),
    ramBytes: size('data') + size('bss') + size('noinit'),
  }
}

/** The same, built once for each state of the sources; the folder is kept under the system's temporary one. */
export function cachedFirmware(baud = 500_000): FirmwareBuild {
  const hash = createHash('sha256').update(String(baud))
  for (const file of globSync('{*.c,*.h,Makefile}', { cwd: SOURCES }).sort())
    hash.update(file).update(readFileSync(join(SOURCES, file)))
  const folder = join(tmpdir(), `minewarden-firmware-${hash.digest('hex').slice(0, 16)}`)
  if (!existsSync(folder)) {
    // Another process may build the same: whoever is second throws its own away.
    const own = mkdtempSync(join(tmpdir(), 'minewarden-firmware-build-'))
    buildFirmware(own, baud)
    try {
      renameSync(own, folder)
    } catch {
      rmSync(own, { recursive: true, force: true })
    }
  }
  return buildFirmware(folder, baud)
}

if (import.meta.main) {
  const folder = join(SOURCES, 'build')
  mkdirSync(folder, { recursive: true })
  const built = buildFirmware(folder)
  console.log(built.hex)
  console.log(`flash ${built.flashBytes} of ${FLASH_BYTES} bytes, RAM ${built.ramBytes} of ${RAM_BYTES} and the stack`)
}

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What tests may need beyond Node and npm: a program on the path, or a file. With the Debian package that brings it. */
const DEPENDENCIES = {
  chromium: { program: 'chromium', comesWith: 'apt install chromium' },
  chronyd: { program: 'chronyd', comesWith: 'apt install chrony' },
  faketime: { program: 'faketime', comesWith: 'apt install faketime' },
  influxd: { program: 'influxd', comesWith: 'apt install influxdb' },
  'victoria-metrics': { program: 'victoria-metrics', comesWith: 'apt install victoria-metrics' },
  mosquitto: { program: 'mosquitto', comesWith: 'apt install mosquitto' },
  gcc: { program: 'gcc', comesWith: 'apt install gcc' },
  'avr-gcc': { program: 'avr-gcc', comesWith: 'apt install gcc-avr avr-libc' },
  openssl: { program: 'openssl', comesWith: 'apt install openssl' },
  sipp: { program: 'sipp', comesWith: 'apt install sip-tester' },
  socat: { program: 'socat', comesWith: 'apt install socat' },
  strace: { program: 'strace', comesWith: 'apt install strace' },
  pymodbus: {
    file: '/usr/lib/python3/dist-packages/pymodbus/server/__init__.py',
    comesWith: 'apt install python3-pymodbus python3-serial-asyncio',
  },
  'rtsp-server': { file: '/usr/share/perl5/RTSP/Server.pm', comesWith: 'apt install librtsp-server-perl' },
  libmodbus: { file: '/usr/include/modbus/modbus.h', comesWith: 'apt install libmodbus-dev' },
  libmseed: { file: '/usr/include/libmseed.h', comesWith: 'apt install libmseed-dev' },
  'real data': {
    file: new URL('../../../shared/data/recordings', import.meta.url).pathname,
    comesWith: '../shared/data',
  },
} as const
export type Dependency = keyof typeof DEPENDENCIES

/** Where a program is; `null` when the path does not lead to it. */
export function findProgram(name: string): string | null {
  const folders = ['/usr/sbin', '/sbin', ...(process.env.PATH ?? '').split(delimiter)]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/**
 * For `describe.runIf(requires('mosquitto'))`: true when all are there. Otherwise the reason is printed and it is
 * false; with `CI=true` it throws instead, so that nothing is skipped unseen where everything should be installed.
 * The real data is an exception: it is not part of the repository and may be absent anywhere.
 */
export function requires(...names: readonly Dependency[]): boolean {
  const missing = names.filter((name) => !isPresent(name))
  if (missing.length === 0) return true
  const reason = missing.map((name) => `${name} is missing (${DEPENDENCIES[name].comesWith})`).join(', ')
  if (process.env.CI === 'true' && missing.some((name) => name !== 'real data')) throw new Error(reason)
  console.warn(`skipped: ${reason}`)
  return false
}

function isPresent(name: Dependency): boolean {
  const dependency = DEPENDENCIES[name]
  return 'program' in dependency ? findProgram(dependency.program) !== null : existsSync(dependency.file)
}

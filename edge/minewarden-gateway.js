#!/usr/bin/env -S node --max-semi-space-size=1 --max-opt=2
// Plain JavaScript for one reason: sources that come out of the compile cache need no type stripping, and a process
// that never strips types is 20 MB smaller. The small young generation saves 20 MB more and costs nothing to be seen at
// the gateway's load; neither does doing without the last of V8's compilers, which saves 5 MB more. Everything else is in
// main.ts.
import { enableCompileCache, flushCompileCache } from 'node:module'

/** Everything that a gateway loads is loaded by then. */
const LOADED_AFTER_MS = 10_000

// mqtt-packet then takes the streams that Node has: a second copy of them is 3 MB.
process.env.READABLE_STREAM = 'disable'
enableCompileCache()
// Node writes the cache when a process ends well. A gateway ends when its power does.
setTimeout(flushCompileCache, LOADED_AFTER_MS).unref()
const { main } = await import('./main.ts')
await main(process.argv.slice(2))

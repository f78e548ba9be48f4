// Says which updates Yjs can decode: reads [hex, …] and writes ["" or what Yjs says, …].
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const Y = createRequire(import.meta.url)('yjs')
const verdicts = JSON.parse(readFileSync(0, 'utf8')).map(text => {
  try {
    Y.decodeUpdate(new Uint8Array(Buffer.from(text, 'hex')))
    return ''
  } catch (error) {
    return String(error) || 'error'
  }
})
process.stdout.write(JSON.stringify(verdicts))

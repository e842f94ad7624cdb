// Calls a server with gRPC's own client for Node.js. `node grpc.cjs PORT SCENARIO` prints what it saw as one line of JSON.
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [port, scenario] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const wire = path.join(__dirname, '../../../src/Tarn.Serving/Grpc/Wire');
const form = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const load = (file, dir = __dirname) => grpc.loadPackageDefinition(loader.loadSync(path.join(dir, file), { ...form, includeDirs: [dir] }));
const open = (Service, options = {}) => new Service(address, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': -1, ...options });

const call = (client, method, request, metadata = new grpc.Metadata(), options = {}) => new Promise((resolve) => {
  const seen = {};
  const sent = client[method](request, metadata, options, (error, value) => {
    seen.code = error ? error.code : 0;
    seen.details = error ? error.details : '';
    seen.value = value;
    if (error) seen.trailers = error.metadata;
  });
  sent.on('metadata', (headers) => { seen.headers = headers; });
  sent.on('status', (status) => { seen.trailers = status.metadata; resolve(seen); });
});
const collect = (stream) => new Promise((resolve) => {
  const values = [];
  stream.on('data', (value) => values.push(value));
  stream.on('error', () => {});
  stream.on('status', (status) => resolve({ values, code: status.code, details: status.details }));
});
const next = (stream) => new Promise((resolve) => stream.once('data', (value) => { stream.pause(); resolve(value); }));
const ask = async (stream, request) => { const answer = next(stream); stream.write(request); stream.resume(); return answer; };

const scenarios = {
  async unary() {
    const echo = open(load('echo.proto').tarn.test.Echo);
    const sizes = [];
    for (const method of ['Unary', 'Raw', 'Declared']) {
      for (const size of [0, 1, 10000, 5000000]) {
        const value = Buffer.alloc(size, size % 251);
        const seen = await call(echo, method, { value });
        sizes.push(seen.code === 0 && value.equals(seen.value.value));
      }
    }
    const many = await Promise.all(Array.from({ length: 200 }, (_, i) => call(echo, 'Raw', { value: Buffer.from(`call ${i}`) })));
    return { sizes: sizes.every(Boolean), many: many.every((seen, i) => seen.value.value.toString() === `call ${i}`) };
  },
  async streaming() {
    const echo = open(load('echo.proto').tarn.test.Echo);
    const count = await collect(echo.Count({ value: 5 }));
    const both = echo.Both();
    const heard = [];
    for (const word of ['one', 'two', 'three']) heard.push((await ask(both, { value: Buffer.from(word) })).value.toString());
    const rest = collect(both);
    both.end();
    both.resume();
    return { count: count.values.map((v) => v.value), code: count.code, heard, ended: (await rest).code };
  },
  async compressed() {
    const results = {};
    for (const [name, algorithm] of [['deflate', 1], ['gzip', 2]]) {
      const echo = open(load('echo.proto').tarn.test.Echo, { 'grpc.default_compression_algorithm': algorithm });
      const value = Buffer.alloc(300000, 'abc');
      const seen = await call(echo, 'Unary', { value });
      results[name] = seen.code === 0 && value.equals(seen.value.value);
    }
    return results;
  },
  async metadata() {
    const odd = open(load('echo.proto').tarn.test.Odd);
    const sent = new grpc.Metadata();
    sent.set('x-asked', 'a value');
    sent.add('x-asked-bin', Buffer.from([0, 1]));
    sent.add('x-asked-bin', Buffer.from([250, 251, 252]));
    const seen = await call(odd, 'Tell', {}, sent);
    return { code: seen.code, told: seen.headers.get('x-told'), bin: seen.headers.get('x-told-bin').map((b) => b.toString('hex')), last: seen.trailers.get('x-last'), lastBin: seen.trailers.get('x-last-bin').map((b) => b.toString('hex')) };
  },
  async errors() {
    const { Echo, Odd } = load('echo.proto').tarn.test;
    const fail = await call(open(Odd), 'Fail', {});
    const nothing = await call(open(Echo), 'Nothing', {});
    return { code: fail.code, details: fail.details, retry: fail.trailers.get('retry-after'), nothing: nothing.code, nothingDetails: nothing.details };
  },
  async leaving() {
    const odd = open(load('echo.proto').tarn.test.Odd);
    const late = await call(odd, 'Wait', {}, new grpc.Metadata(), { deadline: Date.now() + 200 });
    const cancelled = await new Promise((resolve) => {
      const sent = odd.Wait({}, (error) => resolve(error.code));
      sent.on('error', () => {});
      setImmediate(() => sent.cancel());
    });
    return { late: late.code, cancelled };
  },
  async health() {
    const health = open(load('grpc/health/v1/health.proto', wire).grpc.health.v1.Health);
    const watch = health.Watch({ service: 'm' });
    watch.on('error', () => {});
    const first = (await next(watch)).status;
    const check = await call(health, 'Check', { service: '' });
    const unknown = await call(health, 'Check', { service: 'none' });
    const list = await call(health, 'List', {});
    watch.cancel();
    return { first, check: check.value.status, unknown: unknown.code, list: Object.fromEntries(Object.entries(list.value.statuses).map(([name, s]) => [name, s.status])) };
  },
  // The model server: models simple, texts, types, slow.
  async serving() {
    const client = open(load('grpc_service.proto', wire).inference.GRPCInferenceService);
    const results = {};
    results.up = [(await call(client, 'ServerLive', {})).value.live, (await call(client, 'ServerReady', {})).value.ready, (await call(client, 'ModelReady', { name: 'simple' })).value.ready];
    results.server = (await call(client, 'ServerMetadata', {})).value.name;
    results.inputs = (await call(client, 'ModelMetadata', { name: 'simple' })).value.inputs.map((i) => `${i.name} ${i.datatype} ${i.shape}`);
    const ints = Array.from({ length: 16 }, (_, i) => i);
    const simple = (name) => ({ name, datatype: 'INT32', shape: [1, 16], contents: { int_contents: ints } });
    const sum = (await call(client, 'ModelInfer', { model_name: 'simple', id: 's', inputs: [simple('INPUT0'), simple('INPUT1')], outputs: [{ name: 'OUTPUT0' }] })).value;
    results.sum = [sum.id, sum.outputs.length, sum.raw_output_contents[0].readInt32LE(60)];
    const words = (await call(client, 'ModelInfer', { model_name: 'texts', inputs: [{ name: 'text', datatype: 'BYTES', shape: [2], contents: { bytes_contents: [Buffer.from('größe'), Buffer.alloc(0)] } }] })).value.raw_output_contents[0];
    results.words = words.toString('hex');
    const texts = Buffer.concat(['a', 'bc'].map((text) => { const length = Buffer.alloc(4); length.writeUInt32LE(text.length); return Buffer.concat([length, Buffer.from(text)]); }));
    const all = (await call(client, 'ModelMetadata', { name: 'types' })).value.inputs.map((i) => i.datatype);
    const size = (type) => (type === 'BOOL' ? 1 : type === 'BF16' ? 2 : Number(type.match(/\d+$/)[0]) / 8);
    const raws = all.map((type) => (type === 'BYTES' ? texts : Buffer.alloc(2 * size(type), 1)));
    const types = (await call(client, 'ModelInfer', { model_name: 'types', inputs: all.map((type) => ({ name: type, datatype: type, shape: [1, 2] })), raw_input_contents: raws })).value;
    results.types = [all.length, types.raw_output_contents.every((raw, i) => raw.equals(raws[i]))];
    const stream = client.ModelStreamInfer();
    const request = (id, name = 'texts') => ({ model_name: name, id, inputs: [{ name: 'text', datatype: 'BYTES', shape: [2] }], raw_input_contents: [texts] });
    const streamed = collect(stream);
    for (let i = 0; i < 50; i++) stream.write(request(`${i}`, i === 20 ? 'none' : 'texts'));
    stream.end();
    const { values, code } = await streamed;
    results.stream = [code, values.length, values.every((v, i) => v.infer_response.id === `${i}`), values.filter((v) => v.error_message !== '').length];
    const index = async () => (await call(client, 'RepositoryIndex', {})).value.models.find((m) => m.name === 'texts').state;
    results.repository = [await index()];
    results.repository.push((await call(client, 'RepositoryModelUnload', { model_name: 'texts' })).code, await index(), (await call(client, 'ModelInfer', request('x'))).code);
    results.repository.push((await call(client, 'RepositoryModelLoad', { model_name: 'texts' })).code, await index());
    results.statistics = (await call(client, 'ModelStatistics', { name: 'simple' })).value.model_stats[0].inference_count;
    results.platform = (await call(client, 'ModelConfig', { name: 'simple' })).value.config.platform;
    results.health = (await call(open(load('grpc/health/v1/health.proto', wire).grpc.health.v1.Health), 'Check', { service: 'simple' })).value.status;
    const misfit = await call(client, 'ModelInfer', { model_name: 'texts', inputs: [{ name: 'text', datatype: 'INT32', shape: [1] }], raw_input_contents: [Buffer.alloc(4)] });
    results.errors = [misfit.code, misfit.details, (await call(client, 'ModelInfer', { model_name: 'none' })).code];
    const rows = 8192;
    const slow = { model_name: 'slow', inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 256] }], raw_input_contents: [Buffer.alloc(rows * 1024)] };
    results.late = (await call(client, 'ModelInfer', slow, new grpc.Metadata(), { deadline: Date.now() + 20 })).code;
    results.whole = (await call(client, 'ModelInfer', slow)).value.raw_output_contents[0].length === rows * 1024;
    return results;
  },
  // Knows nothing of the service but what reflection tells.
  async inference() {
    const results = {};
    for (const version of ['v1', 'v1alpha']) {
      const reflection = open(load(`grpc/reflection/${version}/reflection.proto`, wire).grpc.reflection[version].ServerReflection);
      const stream = reflection.ServerReflectionInfo();
      const listed = await ask(stream, { list_services: '' });
      const found = await ask(stream, { file_containing_symbol: 'inference.GRPCInferenceService' });
      const missing = await ask(stream, { file_by_filename: 'none.proto' });
      stream.end();
      results[version] = { services: listed.list_services_response.service.map((s) => s.name).sort(), missing: missing.error_response.error_code };
      const files = found.file_descriptor_response.file_descriptor_proto.map((file) => {
        const head = [0x0a];
        let rest = file.length;
        while (rest > 127) { head.push((rest & 127) | 128); rest >>>= 7; }
        return Buffer.concat([Buffer.from([...head, rest]), file]);
      });
      const described = loader.loadFileDescriptorSetFromBuffer(Buffer.concat(files), form);
      const client = open(grpc.loadPackageDefinition(described).inference.GRPCInferenceService);
      const raw = Buffer.alloc(8);
      raw.writeFloatLE(1.5, 0);
      raw.writeFloatLE(-2, 4);
      // Read from descriptors, a map is what it is on the wire: a list of its entries.
      const request = { model_name: 'twice', id: 'r1', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], parameters: [{ key: 'p', value: { double_param: 0.5 } }] }], raw_input_contents: [raw] };
      const answer = (await call(client, 'ModelInfer', request)).value;
      const infers = client.ModelStreamInfer();
      const streamed = [];
      for (const id of ['a', 'b']) streamed.push((await ask(infers, { ...request, id })).infer_response.id);
      streamed.push((await ask(infers, { model_name: 'none' })).error_message);
      infers.end();
      infers.resume();
      const config = (await call(client, 'ModelConfig', { name: 'twice' })).value.config;
      results[version].infer = { id: answer.id, shape: answer.outputs[0].shape, values: [answer.raw_output_contents[0].readFloatLE(0), answer.raw_output_contents[0].readFloatLE(4)] };
      results[version].streamed = streamed;
      results[version].config = { max: config.max_batch_size, type: config.input[0].data_type, backend: config.backend, delay: config.dynamic_batching.max_queue_delay_microseconds };
      results[version].rest = (await call(client, 'RepositoryIndex', {})).code;
    }
    return results;
  },
};

scenarios[scenario]().then(
  (result) => { console.log(JSON.stringify(result)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });

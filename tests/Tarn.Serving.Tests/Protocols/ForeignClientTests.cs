using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>The protocols asked by HTTP clients that are not .NET's: curl, Python and node, as their users write it. Where one is not installed, its tests are skipped.</summary>
public sealed class ForeignClientTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private const string Python = """
        import base64, gzip, http.client, json, struct, sys, urllib.error, urllib.request, zlib
        host, port = sys.argv[1], int(sys.argv[2])
        connection = http.client.HTTPConnection(host, port)

        def ask(method, path, body=None, headers={}, chunked=False):
            connection.request(method, path, body=body, headers=headers, encode_chunked=chunked)
            answer = connection.getresponse()
            return answer, answer.read()

        # TensorFlow Serving: the words for numbers that JSON has none for are Python's own.
        answer, body = ask('POST', '/v1/models/half_plus_two:predict', json.dumps({'instances': [1.0, float('nan'), float('inf')]}), {'Content-Type': 'application/json'})
        values = json.loads(body)['predictions']
        assert values[0] == 2.5 and values[1] != values[1] and values[2] == float('inf'), body
        answer, body = ask('POST', '/v1/models/bytes:predict', json.dumps({'instances': [{'b64': base64.b64encode(b'a\xc3\xa4').decode()}]}))
        assert base64.b64decode(json.loads(body)['predictions'][0]['b64']) == b'a\xc3\xa4', body

        # Open Inference Protocol with binary tensors.
        row = struct.pack('<16i', *range(16))
        head = json.dumps({'inputs': [
            {'name': 'INPUT0', 'shape': [1, 16], 'datatype': 'INT32', 'parameters': {'binary_data_size': len(row)}},
            {'name': 'INPUT1', 'shape': [1, 16], 'datatype': 'INT32', 'parameters': {'binary_data_size': len(row)}}],
            'outputs': [{'name': 'OUTPUT0', 'parameters': {'binary_data': True}}]}).encode()
        whole = head + row + row
        headers = {'Inference-Header-Content-Length': str(len(head)), 'Content-Type': 'application/octet-stream'}
        for encode, coding in ((lambda b: b, None), (gzip.compress, 'gzip'), (zlib.compress, 'deflate')):
            answer, body = ask('POST', '/v2/models/simple/infer', encode(whole), headers | ({'Content-Encoding': coding} if coding else {}))
            length = int(answer.getheader('Inference-Header-Content-Length'))
            assert struct.unpack('<16i', body[length:]) == tuple(2 * i for i in range(16)), body
            assert json.loads(body[:length])['outputs'][0]['parameters']['binary_data_size'] == 64
        answer, body = ask('POST', '/v2/models/simple/infer', iter([whole[:50], whole[50:200], whole[200:]]), headers | {'Transfer-Encoding': 'chunked'}, chunked=True)
        assert answer.status == 200, body

        # A large answer, compressed.
        answer, body = ask('POST', '/v2/models/same_FP64/infer', json.dumps({'inputs': [{'name': 'x', 'shape': [4000], 'datatype': 'FP64', 'data': list(range(4000))}]}), {'Accept-Encoding': 'deflate'})
        assert answer.getheader('Content-Encoding') == 'deflate'
        assert json.loads(zlib.decompress(body))['outputs'][0]['data'] == [float(i) for i in range(4000)]

        row = struct.pack('<4000d', *range(4000))
        head = json.dumps({'inputs': [{'name': 'x', 'shape': [4000], 'datatype': 'FP64', 'parameters': {'binary_data_size': len(row)}}], 'parameters': {'binary_data_output': True}}).encode()
        answer, body = ask('POST', '/v2/models/same_FP64/infer', head + row, {'Inference-Header-Content-Length': str(len(head)), 'Accept-Encoding': 'gzip'})
        assert gzip.decompress(body)[int(answer.getheader('Inference-Header-Content-Length')):] == row

        # MLflow, and an error.
        answer, body = ask('POST', '/v1/endpoints/sum/invocations', 'a,b\n1,2\n', {'Content-Type': 'text/csv'})
        assert json.loads(body) == {'predictions': [3.0]}, body
        try:
            urllib.request.urlopen(f'http://{host}:{port}/v1/models/half:predict', b'{}')
            assert False
        except urllib.error.HTTPError as error:
            assert error.code == 404 and 'half' in json.loads(error.read())['error']
        print('done')
        """;

    private const string Node = """
        const url = process.argv[1];
        const head = new TextEncoder().encode(JSON.stringify({
          id: 'ä', inputs: [{ name: 'x', shape: [2], datatype: 'FP64', parameters: { binary_data_size: 16 } }], parameters: { binary_data_output: true } }));
        const answer = await fetch(`${url}v2/models/same_FP64/infer`, {
          method: 'POST', body: new Blob([head, new Float64Array([1.5, -0])]), headers: { 'Inference-Header-Content-Length': String(head.length) } });
        const bytes = await answer.arrayBuffer();
        const length = Number(answer.headers.get('Inference-Header-Content-Length'));
        const json = JSON.parse(new TextDecoder().decode(bytes.slice(0, length)));
        const values = new Float64Array(bytes.slice(length));
        if (json.id !== 'ä' || values[0] !== 1.5 || !Object.is(values[1], -0)) throw new Error(JSON.stringify(json));
        const rows = await (await fetch(`${url}v1/models/half_plus_two:predict`, { method: 'POST', body: JSON.stringify({ instances: [1, 2, 5] }) })).json();
        if (String(rows.predictions) !== '2.5,3,4.5') throw new Error(JSON.stringify(rows));
        console.log('done');
        """;

    private readonly ServingHost _host = shared.Host;

    [Fact]
    public async Task Curl_asks_as_the_documentation_has_it()
    {
        var status = await RunAsync("curl", "-s", new Uri(_host.Url, "/v1/models/half_plus_two").ToString());
        Assert.Equal("AVAILABLE", JsonNode.Parse(status)!["model_version_status"]![0]!["state"]!.GetValue<string>());
        Assert.Equal(
            """{"predictions":[2.5,3.0,4.5]}""", await RunAsync("curl", "-s", "-d", """{"instances": [1.0,2.0,5.0]}""", "-X", "POST", new Uri(_host.Url, "/v1/models/half_plus_two:predict").ToString()));
        Assert.Equal(
            """{"results":[2.5,3.0]}""",
            await RunAsync("curl", "-s", "-d", """{"signature_name": "tensorflow/serving/regress", "examples": [{"x": 1.0}, {"x": 2.0}]}""", new Uri(_host.Url, "/v1/models/half_plus_two:regress").ToString()));
        Assert.StartsWith("HTTP/1.1 404", await RunAsync("curl", "-s", "-i", "-d", """{"instances": [1.0,5.0]}""", new Uri(_host.Url, "/v1/models/half:predict").ToString()), StringComparison.Ordinal);
        Assert.Contains("\"ready\":true", await RunAsync("curl", "-s", "--compressed", new Uri(_host.Url, "/v2/health/ready").ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_asks_all_protocols() => Assert.Equal("done", (await RunAsync("python3", "-c", Python, _host.Url.Host, _host.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture))).Trim());

    [Fact]
    public async Task Node_asks_with_fetch() => Assert.Equal("done", (await RunAsync("node", "--input-type=module", "-e", Node, _host.Url.ToString())).Trim());

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync();
            var answer = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {answer}{await errors}");
            return answer;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Predict, sentence by sentence of TensorFlow Serving's api_rest page, and its own tests of JSON tensors.</summary>
public sealed class TensorFlowPredictTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    [Theory]
    [InlineData("same_BYTES", """{"instances": ["foo", "bar", "baz"]}""", """{"predictions":["foo","bar","baz"]}""")]
    [InlineData("cube", """{"instances": [[[1, 2]], [[3, 4]]]}""", """{"predictions":[[[1,2]],[[3,4]]]}""")]
    [InlineData("matrix64", """{"instances": [[1,2],[3,4],[5,6]]}""", """{"predictions":[[1,2],[3,4],[5,6]]}""")]
    [InlineData("half_plus_two", """{"instances": [1.0, 2.0, 5.0]}""", """{"predictions":[2.5,3.0,4.5]}""")]
    [InlineData("half_plus_two", """{"instances": [{"x": 1.0}, {"x": 2}]}""", """{"predictions":[2.5,3.0]}""")]
    [InlineData("half_plus_two", """{"inputs": [1.0, 2.0, 5.0]}""", """{"outputs":[2.5,3.0,4.5]}""")]
    [InlineData("half_plus_two", """{"inputs": {"x": [1.0, 2.0, 5.0]}}""", """{"outputs":[2.5,3.0,4.5]}""")]
    [InlineData("cube", """{"inputs": {"x": [[[1,2],[3,4],[5,6]]]}}""", """{"outputs":[[[1,2],[3,4],[5,6]]]}""")]
    [InlineData("cube", """{"inputs": [[[1,2],[3,4],[5,6]]]}""", """{"outputs":[[[1,2],[3,4],[5,6]]]}""")]
    [InlineData("same_FP32", """{"instances": [1, 2.0, 3, 4, 5.003, 0.007, 0.0]}""", """{"predictions":[1.0,2.0,3.0,4.0,5.003,0.007,0.0]}""")]
    [InlineData("same_FP64", """{"instances": [1.0, 2, 3, 4, 0.662, 0, 0.0]}""", """{"predictions":[1.0,2.0,3.0,4.0,0.662,0.0,0.0]}""")]
    [InlineData("same_BOOL", """{"instances": [true, false]}""", """{"predictions":[true,false]}""")]
    [InlineData("same_INT64", """{"instances": [1, -10, 0]}""", """{"predictions":[1,-10,0]}""")]
    [InlineData("same_FP32", """{"instances": [1e2, 1E-2, -2.5e+1]}""", """{"predictions":[100.0,0.01,-25.0]}""")]
    [InlineData("same_FP32", """{"instances": [NaN, Infinity, -Infinity, Inf, -Inf]}""", """{"predictions":[NaN,Infinity,-Infinity,Infinity,-Infinity]}""")]
    [InlineData("same_BYTES", """{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}]}""", """{"predictions":["hello","world"]}""")]
    [InlineData("text%20matrix", """{"instances": [[{"b64": "aGVsbG8="}], [{"b64": "d29ybGQ="}]]}""", """{"predictions":[["hello"],["world"]]}""")]
    [InlineData("text%20matrix", """{"instances": [{"x": [{"b64": "aGVsbG8="}, "world"]}]}""", """{"predictions":[["hello","world"]]}""")]
    [InlineData("bytes", """{"instances": ["hello", {"b64": "d29ybGQ="}]}""", """{"predictions":[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]}""")]
    [InlineData("bytes", """{"inputs": ["hello"]}""", """{"outputs":[{"b64":"aGVsbG8="}]}""")]
    [InlineData("matrix64", """{"inputs": [[], []]}""", """{"outputs":[[],[]]}""")]
    [InlineData("same_INT64", """{"inputs": []}""", """{"outputs":[]}""")]
    [InlineData("scalar", """{"inputs": 2.5}""", """{"outputs":2.5}""")]
    [InlineData("scalar", """{"inputs": {"x": 2.5}}""", """{"outputs":2.5}""")]
    [InlineData("mean", """{"inputs": [[1, 2], [3, 4]]}""", """{"outputs":[2.0,3.0]}""")]
    [InlineData("sum", """{"instances": [{"a": 1, "b": 2}, {"b": 3, "a": 4}]}""", """{"predictions":[3.0,7.0]}""")]
    public async Task Requests_of_the_documented_forms_are_answered_in_theirs(string model, string request, string expected)
    {
        var (status, body, response) = await _host.PostAsync($"/v1/models/{model}:predict", request);

        Assert.True(status == 200, body);
        Assert.Equal(expected, body);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Rows_and_columns_of_several_named_tensors_say_the_same()
    {
        var rows = await _host.AskAsync("/v1/models/three:predict", """
            {"instances": [
              {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
              {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]}]}
            """);
        var columns = await _host.AskAsync("/v1/models/three:predict", """
            {"inputs": {
              "tag": ["foo", "bar"],
              "signal": [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]],
              "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]]}}
            """);

        Assert.Equal("""{"tag_out":"bar","signal_out":[3.0,4.0,1.0,2.0,5.0],"sensor_out":[[4,5],[6,8]]}""", rows["predictions"]![1]!.ToJsonString());
        Assert.Equal("""[[[1,2],[3,4]],[[4,5],[6,8]]]""", columns["outputs"]!["sensor_out"]!.ToJsonString());
        Assert.Equal("""["foo","bar"]""", columns["outputs"]!["tag_out"]!.ToJsonString());
    }

    [Theory]
    [InlineData("same_INT64", "[1.0, 10e1, 9223372036854775807, -9223372036854775808, 9007199254740993, -0, 2.50e1]", "[1,100,9223372036854775807,-9223372036854775808,9007199254740993,0,25]")]
    [InlineData("same_UINT64", "[0, 18446744073709551615, 18446744073709551615.0, -0]", "[0,18446744073709551615,18446744073709551615,0]")]
    [InlineData("same_INT8", "[-128, 127]", "[-128,127]")]
    [InlineData("same_UINT8", "[0, 255]", "[0,255]")]
    [InlineData("same_INT16", "[-32768, 32767]", "[-32768,32767]")]
    [InlineData("same_UINT16", "[0, 65535]", "[0,65535]")]
    [InlineData("same_INT32", "[-2147483648, 2147483647]", "[-2147483648,2147483647]")]
    [InlineData("same_UINT32", "[0, 4294967295]", "[0,4294967295]")]
    [InlineData("same_FP32", "[3.4028235e38, 1e-45, 16777217, 1e-400]", "[3.4028235E+38,1E-45,16777216.0,0.0]")]
    [InlineData("same_FP64", "[1.7976931348623157e308, 5e-324, -0.0]", "[1.7976931348623157E+308,5E-324,-0.0]")]
    [InlineData("same_FP16", "[65504, 0.1, 65519]", "[65504.0,0.099975586,65504.0]")]
    [InlineData("same_BF16", "[1, 0.1, -3]", "[1.0,0.100097656,-3.0]")]
    public async Task The_extremes_of_each_type_go_through(string model, string values, string expected)
    {
        Assert.Equal($$"""{"predictions":{{expected}}}""", (await _host.PostAsync($"/v1/models/{model}:predict", $$"""{"instances": {{values}}}""")).Body);
    }

    [Theory]
    [InlineData("same_INT64", "9223372036854775808")]
    [InlineData("same_INT64", "-9223372036854775809")]
    [InlineData("same_INT64", "1.5")]
    [InlineData("same_INT64", "1.00000000000000000000000000000000000001")]
    [InlineData("same_INT64", "1e-30")]
    [InlineData("same_INT64", "1e19")]
    [InlineData("same_INT64", "true")]
    [InlineData("same_UINT64", "18446744073709551616")]
    [InlineData("same_UINT64", "-1")]
    [InlineData("same_INT8", "128")]
    [InlineData("same_UINT8", "-1")]
    [InlineData("same_UINT16", "65536")]
    [InlineData("same_INT32", "2147483648")]
    [InlineData("same_UINT32", "4294967296")]
    [InlineData("same_FP32", "1e400")]
    [InlineData("same_FP32", "-3.5e38")]
    [InlineData("same_FP64", "1e400")]
    [InlineData("same_FP16", "65520")]
    [InlineData("same_BF16", "3.4e38")]
    [InlineData("same_FP32", "null")]
    [InlineData("same_FP32", "true")]
    [InlineData("same_FP32", "\"1\"")]
    [InlineData("same_FP32", "{}")]
    [InlineData("same_FP32", "{\"b64\": \"aGVsbG8=\"}")]
    [InlineData("same_FP32", "01")]
    [InlineData("same_FP32", "1.")]
    [InlineData("same_FP32", ".5")]
    [InlineData("same_FP32", "+1")]
    [InlineData("same_FP32", "1e")]
    [InlineData("same_FP32", "--1")]
    [InlineData("same_FP32", "0x10")]
    [InlineData("same_FP32", "nan")]
    [InlineData("same_FP32", "Nan")]
    [InlineData("same_FP32", "1 2")]
    [InlineData("same_BOOL", "2")]
    [InlineData("same_BYTES", "1")]
    [InlineData("same_BYTES", "null")]
    [InlineData("same_BYTES", "{\"b64\": \"a\"}")]
    [InlineData("same_BYTES", "{\"b64\": 1}")]
    [InlineData("same_BYTES", "{\"b64\": \"aGVsbG8=\", \"x\": 1}")]
    [InlineData("same_BYTES", "{\"b32\": \"aGVsbG8=\"}")]
    [InlineData("same_BYTES", "\"a\\u0000b\"")]
    [InlineData("same_BYTES", "{\"b64\": \"YQBi\"}")]
    [InlineData("same_BYTES", "\"\\ud800\"")]
    [InlineData("same_BYTES", "\"\\q\"")]
    [InlineData("same_BYTES", "\"\\u12g4\"")]
    [InlineData("same_BYTES", "\"\t\"")]
    public async Task What_a_type_does_not_hold_is_refused(string model, string value)
    {
        var error = await _host.RefusedAsync(400, $"/v1/models/{model}:predict", $$"""{"instances": [{{value}}]}""");

        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("half_plus_two", "", "ends at byte 0")]
    [InlineData("half_plus_two", "[1.0]", "JSON")]
    [InlineData("half_plus_two", "5", "JSON")]
    [InlineData("half_plus_two", "{}", "either instances or inputs")]
    [InlineData("half_plus_two", """{"instances": [1.0], "inputs": [1.0]}""", "either instances or inputs")]
    [InlineData("half_plus_two", """{"instances": [1.0], "instances": [1.0]}""", "either instances or inputs")]
    [InlineData("half_plus_two", """{"instances": []}""", "one instance at least")]
    [InlineData("half_plus_two", """{"instances": 5}""", "instances")]
    [InlineData("half_plus_two", """{"instances": {"x": 5}}""", "instances")]
    [InlineData("half_plus_two", """{"instances": [1.0]} x""", "the end")]
    [InlineData("half_plus_two", """{"instances": [1.0]}{}""", "the end")]
    [InlineData("half_plus_two", """{"instances": [1.0,]}""", "in x")]
    [InlineData("half_plus_two", """{"instances": [1.0]""", "ends at byte")]
    [InlineData("half_plus_two", """{'instances': [1.0]}""", "the body")]
    [InlineData("half_plus_two", """{"instances": [1.0, {"x": 1.0}]}""", "an object")]
    [InlineData("half_plus_two", """{"instances": [{"x": 1.0}, 1.0]}""", "instances")]
    [InlineData("half_plus_two", """{"instances": [{"x": 1.0, "x": 2.0}]}""", "once")]
    [InlineData("half_plus_two", """{"instances": [{}]}""", "no value for x")]
    [InlineData("half_plus_two", """{"signature_name": 5, "instances": [1.0]}""", "signature_name")]
    [InlineData("half_plus_two", """{"signature_name": "other", "instances": [1.0]}""", "serving_default")]
    [InlineData("matrix64", """{"instances": [[1,2],[3,4],[5,6,7]]}""", "equally long")]
    [InlineData("matrix64", """{"instances": [[1,2],[3,4],[[5,6]]]}""", "nested")]
    [InlineData("matrix64", """{"instances": [1, [1]]}""", "nested")]
    [InlineData("matrix64", """{"instances": [[1,2],["a","b"]]}""", "INT64")]
    [InlineData("sum", """{"instances": [1.0]}""", "several inputs")]
    [InlineData("sum", """{"inputs": [1.0]}""", "several inputs")]
    [InlineData("sum", """{"inputs": {"a": [1.0]}}""", "no value for b")]
    [InlineData("sum", """{"inputs": {"a": [1.0], "b": [1.0, 2.0]}}""", "rows")]
    [InlineData("sum", """{"inputs": {"a": [1.0], "c": [1.0]}}""", "a, b")]
    [InlineData("fixed", """{"instances": [[1.0, 2.0, 3.0]]}""", "[-1,2]")]
    public async Task What_is_not_of_the_form_is_refused_with_the_reason(string model, string body, string named)
    {
        Assert.Contains(named, await _host.RefusedAsync(400, $"/v1/models/{model}:predict", body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"signature_name": "serving_default", "instances": [1.0]}""")]
    [InlineData("""{"instances": [1.0], "signature_name": ""}""")]
    [InlineData("""{"parameters": {"a": [null, {"b": "\u00e4\n"}]}, "instances": [1.0]}""")]
    [InlineData("\uFEFF{\"instances\": [1.0]}")]
    [InlineData(" \r\n\t{ \"instances\" :\n[ 1.0 ]\t} \n")]
    [InlineData("""{"\u0069nstances": [1.0]}""")]
    public async Task Signatures_unknown_members_spaces_and_a_byte_order_mark_are_taken(string body)
    {
        Assert.Equal("""{"predictions":[2.5]}""", (await _host.PostAsync("/v1/models/half_plus_two:predict", body)).Body);
    }

    [Fact]
    public async Task Texts_come_out_as_they_went_in()
    {
        string[] texts = ["", "a\"b\\c/d", "\b\f\n\r\t\u0001", "ä€𝄞", "\u2028<script>&'", "\u007f"];
        var sent = new JsonArray([.. texts.Select(static t => (JsonNode)t)]).ToJsonString();

        var answer = await _host.AskAsync("/v1/models/same_BYTES:predict", $$"""{"instances": {{sent}}}""");

        Assert.Equal(texts, answer["predictions"]!.AsArray().Select(static t => t!.GetValue<string>()));
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused_in_JSON()
    {
        using var content = new ByteArrayContent([.. """{"instances": [" """u8.TrimEnd((byte)' '), 0xC3, 0x28, .. "\"]}"u8]);
        var response = await _host.Client.PostAsync(new Uri("/v1/models/same_BYTES:predict", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("UTF-8", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 400)]
    [InlineData(65, 400)]
    [InlineData(100_000, 400)]
    public async Task Deep_nesting_is_an_error_and_no_crash(int depth, int expected)
    {
        var nested = new string('[', depth) + new string(']', depth);

        Assert.Equal(expected, (await _host.PostAsync("/v1/models/matrix:predict", $$"""{"instances": {{nested}}}""")).Status);
        Assert.Equal(400, (await _host.PostAsync("/v1/models/matrix:predict", $$"""{"other": {{nested}}}""")).Status);
        Assert.Equal(400, (await _host.PostAsync("/v1/models/matrix:predict", string.Concat(Enumerable.Repeat("{\"a\":", depth)))).Status);
    }

    [Fact]
    public async Task Every_float_is_read_as_the_nearest_and_written_so_that_it_reads_back()
    {
        const int Seed = 20261;
        var random = new Random(Seed);
        var text = new StringBuilder("""{"instances":[""");
        var sent = new List<float>();
        while (sent.Count < 20_000)
        {
            var value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (float.IsFinite(value))
            {
                text.Append(sent.Count > 0 ? "," : "").Append(value.ToString("R", CultureInfo.InvariantCulture));
                sent.Add(value);
            }
        }

        var answer = await _host.AskAsync("/v1/models/same_FP32:predict", text.Append("]}").ToString());

        var read = answer["predictions"]!.AsArray().Select(static v => float.Parse(v!.ToJsonString(), CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(sent.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
    }
}

using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Infer, by the Open Inference Protocol's REST specification and Triton's pages on its extensions.</summary>
public sealed class OpenInferenceInferTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    public static TheoryData<string, string, byte[]> EachType => new()
    {
        { "BOOL", "[true,false,true]", [1, 0, 1] },
        { "UINT8", "[0,255,7]", [0, 255, 7] },
        { "UINT16", "[0,65535,7]", Bytes<ushort>(0, 65535, 7) },
        { "UINT32", "[0,4294967295,7]", Bytes<uint>(0, uint.MaxValue, 7) },
        { "UINT64", "[0,18446744073709551615,7]", Bytes<ulong>(0, ulong.MaxValue, 7) },
        { "INT8", "[-128,127,7]", Bytes<sbyte>(-128, 127, 7) },
        { "INT16", "[-32768,32767,7]", Bytes<short>(short.MinValue, short.MaxValue, 7) },
        { "INT32", "[-2147483648,2147483647,7]", Bytes(int.MinValue, int.MaxValue, 7) },
        { "INT64", "[-9223372036854775808,9223372036854775807,7]", Bytes(long.MinValue, long.MaxValue, 7) },
        { "FP16", "[1.5,-65504.0,0.25]", Bytes((Half)1.5, Half.MinValue, (Half)0.25) },
        { "FP32", "[1.5,-3.4028235E+38,0.1]", Bytes(1.5f, float.MinValue, 0.1f) },
        { "FP64", "[1.5,-1.7976931348623157E+308,0.1]", Bytes(1.5, double.MinValue, 0.1) },
        { "BF16", "[1.5,-2.0,0.25]", Bytes<ushort>(0x3FC0, 0xC000, 0x3E80) },
        { "BYTES", """["","a\tb","€"]""", BinaryCall.Texts("", "a\tb", "€") },
    };

    [Theory]
    [InlineData("FP32", 4)]
    [InlineData("FP64", 8)]
    [InlineData("INT8", 1)]
    public async Task Inputs_of_megabytes_are_read_whole_wherever_they_begin_in_the_body(string type, int size)
    {
        // Numbers of zero, one and so on in their lowest byte: no type has others for these.
        var bytes = new byte[3_000_000 / 8 * 8];
        for (var at = 0; at < bytes.Length; at += size)
        {
            bytes[at] = (byte)(at / size % 120);
        }

        for (var spaces = 0; spaces < 9; spaces++)
        {
            var json = $$$"""{"inputs":[{"name":"x","shape":[{{{bytes.Length / size}}}],"datatype":"{{{type}}}","parameters":{"binary_data_size":{{{bytes.Length}}}}}],"parameters":{"binary_data_output":true}}""" + new string(' ', spaces);
            var (status, answer, tail) = await BinaryCall.SendAsync(_host, $"/v2/models/same_{type}/infer", json, bytes);
            Assert.True(status == 200, answer.ToJsonString());
            Assert.True(bytes.AsSpan().SequenceEqual(tail), $"{spaces} spaces: {bytes.AsSpan().CommonPrefixLength(tail)} of {bytes.Length} bytes are the same");
        }
    }

    [Theory]
    [MemberData(nameof(EachType))]
    public async Task Every_datatype_goes_in_and_out_as_JSON_and_as_bytes(string type, string data, byte[] bytes)
    {
        var asBytes = $$$"""{"name":"x","shape":[3],"datatype":"{{{type}}}","parameters":{"binary_data_size":{{{bytes.Length}}}}}""";
        var asJson = $$"""{"name":"x","shape":[3],"datatype":"{{type}}","data":{{data}}}""";
        foreach (var isBytesIn in (bool[])[true, false])
        {
            foreach (var isBytesOut in (bool[])[true, false])
            {
                var json = $$$"""{"inputs":[{{{(isBytesIn ? asBytes : asJson)}}}],"outputs":[{"name":"x_out","parameters":{"binary_data":{{{(isBytesOut ? "true" : "false")}}}}}]}""";
                var (status, answer, tail) = await BinaryCall.SendAsync(_host, $"/v2/models/same_{type}/infer", json, isBytesIn ? bytes : []);

                Assert.True(status == 200, answer.ToJsonString());
                var output = answer["outputs"]![0]!;
                Assert.Equal(type, output["datatype"]!.GetValue<string>());
                Assert.Equal("[3]", output["shape"]!.ToJsonString());
                Assert.Equal(isBytesOut ? bytes : [], tail);
                if (isBytesOut)
                {
                    Assert.Equal(bytes.Length, output["parameters"]!["binary_data_size"]!.GetValue<int>());
                    Assert.Null(output["data"]);
                }
                else
                {
                    Assert.Equal(JsonNode.Parse(data)!.ToJsonString(), output["data"]!.ToJsonString());
                    Assert.Null(output["parameters"]);
                }
            }
        }
    }

    [Fact]
    public async Task The_members_of_a_request_come_in_any_order()
    {
        string[] members =
        [
            "\"id\":\"42\"",
            "\"parameters\":{\"binary_data_output\":true,\"my_custom_parameter\":42}",
            """ "inputs":[{"parameters":{"binary_data_size":4},"datatype":"FP32","shape":[1],"name":"b"},{"data":[1.5],"datatype":"FP32","name":"a","shape":[1]}]""",
            """ "outputs":[{"parameters":{},"name":"sum"}]""",
            """ "unknown":[{"a":[1,2,{"b":null}]}]""",
        ];
        foreach (var order in Orders(members.Length))
        {
            var (status, answer, tail) = await BinaryCall.SendAsync(_host, "/v2/models/sum/infer", "{" + string.Join(',', order.Select(i => members[i])) + "}", Bytes(2f));

            Assert.True(status == 200, $"{string.Join(',', order)}: {answer}");
            Assert.Equal("42", answer["id"]!.GetValue<string>());
            Assert.Equal(Bytes(3.5f), tail);
        }
    }

    [Fact]
    public async Task Bytes_follow_in_the_order_of_the_inputs_and_come_in_the_order_of_the_outputs()
    {
        var json = """
            {"inputs":[
              {"name":"sensor","shape":[1,2,2],"datatype":"INT64","parameters":{"binary_data_size":32}},
              {"name":"signal","shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]},
              {"name":"tag","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":7}}],
             "parameters":{"binary_data_output":true},
             "outputs":[{"name":"sensor_out"},{"name":"signal_out","parameters":{"binary_data":false}},{"name":"tag_out"}]}
            """;

        var (status, answer, tail) = await BinaryCall.SendAsync(_host, "/v2/models/three/infer", json, [.. Bytes(1L, 2, 3, 4), .. BinaryCall.Texts("abc")]);

        Assert.True(status == 200, answer.ToJsonString());
        var at = 0;
        foreach (var output in answer["outputs"]!.AsArray())
        {
            var size = output!["parameters"]?["binary_data_size"]?.GetValue<int>() ?? 0;
            var expected = output["name"]!.GetValue<string>() switch { "tag_out" => BinaryCall.Texts("abc"), "sensor_out" => Bytes(1L, 2, 3, 4), _ => [] };
            Assert.Equal(expected, tail[at..(at + size)]);
            at += size;
        }

        Assert.Equal(tail.Length, at);
        Assert.Equal("[1.0,2.0,3.0,4.0,5.0]", answer["outputs"]!.AsArray().Single(static o => o!["name"]!.GetValue<string>() == "signal_out")!["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData("\"42\"")]
    [InlineData("\"\"")]
    [InlineData("\"a\\\"b\\\\c\\u00e4\\n/€\"")]
    [InlineData("\"\\ud83d\\ude00\"")]
    public async Task An_id_comes_back(string id)
    {
        var answer = await _host.AskAsync("/v2/models/same_FP32/infer", $$"""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"id":{{id}}}""");

        Assert.Equal(JsonNode.Parse(id)!.GetValue<string>(), answer["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_an_id_and_outputs_all_outputs_come_and_no_id()
    {
        var row = string.Join(',', Enumerable.Range(0, 16));
        var answer = await _host.AskAsync("/v2/models/simple/infer", $$"""
            {"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[{{row}}]},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","data":[{{row}}]}],"outputs":[]}
            """);

        Assert.Null(answer["id"]);
        Assert.Equal("simple", answer["model_name"]!.GetValue<string>());
        Assert.Equal("1", answer["model_version"]!.GetValue<string>());
        Assert.Equal(["OUTPUT0", "OUTPUT1"], answer["outputs"]!.AsArray().Select(static o => o!["name"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("[[1, 2], [3, 4]]")]
    [InlineData("[1, 2, 3, 4]")]
    [InlineData("[[[1], [2]], [[3, 4]]]")]
    public async Task Data_is_nested_or_flat(string data)
    {
        var answer = await _host.AskAsync("/v2/models/matrix/infer", $$"""{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":{{data}}}]}""");

        Assert.Equal("[1.0,2.0,3.0,4.0]", answer["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal("[2,2]", answer["outputs"]![0]!["shape"]!.ToJsonString());
    }

    [Fact]
    public async Task A_body_without_a_header_is_the_one_inputs_elements()
    {
        var (status, answer, tail) = await BinaryCall.SendAsync(_host, "/v2/models/same_FP32/infer", "", Bytes(1f, 2f), headerLength: 0);
        Assert.Equal((200, "[2]"), (status, answer["outputs"]![0]!["shape"]!.ToJsonString()));
        Assert.Equal(Bytes(1f, 2f), tail);

        (status, answer, tail) = await BinaryCall.SendAsync(_host, "/v2/models/fixed/infer", "", Bytes(1f, 2f), headerLength: 0);
        Assert.Equal((200, "[1,2]"), (status, answer["outputs"]![0]!["shape"]!.ToJsonString()));

        (status, answer, tail) = await BinaryCall.SendAsync(_host, "/v2/models/same_BYTES/infer", "hello", [], headerLength: 0);
        Assert.Equal((200, "[1]"), (status, answer["outputs"]![0]!["shape"]!.ToJsonString()));
        Assert.Equal(BinaryCall.Texts("hello"), tail);

        foreach (var (model, bytes) in ((string, int)[])[("fixed", 7), ("same_FP32", 3), ("sum", 4)])
        {
            Assert.Equal(400, (await BinaryCall.SendAsync(_host, $"/v2/models/{model}/infer", "", new byte[bytes], headerLength: 0)).Status);
        }
    }

    [Theory]
    [InlineData("[1,16]", 60)]
    [InlineData("[1,16]", 68)]
    [InlineData("[1,2147483647]", 64)]
    [InlineData("[2147483647,2147483647]", 64)]
    [InlineData("[1,-16]", 64)]
    [InlineData("[1.5,16]", 64)]
    [InlineData("[]", 64)]
    [InlineData("[16]", 64)]
    [InlineData("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,16]", 64)]
    public async Task A_shape_that_is_not_that_of_the_bytes_is_refused(string shape, int size)
    {
        var json = $$$"""{"inputs":[{"name":"INPUT0","shape":{{{shape}}},"datatype":"INT32","parameters":{"binary_data_size":{{{size}}}}},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}]}""";

        Assert.Equal(400, (await BinaryCall.SendAsync(_host, "/v2/models/simple/infer", json, new byte[128])).Status);
    }

    [Theory]
    [InlineData(3, new byte[] { 1, 0, 0 })]
    [InlineData(8, new byte[] { 5, 0, 0, 0, 1, 2, 3, 4 })]
    [InlineData(9, new byte[] { 4, 0, 0, 0, 65, 66, 67, 68, 69 })]
    [InlineData(8, new byte[] { 255, 255, 255, 255, 1, 2, 3, 4 })]
    [InlineData(8, new byte[] { 0, 0, 0, 128, 1, 2, 3, 4 })]
    [InlineData(0, new byte[0])]
    [InlineData(5, new byte[] { 1, 0, 0, 0, 255 })]
    public async Task Bytes_elements_that_are_wrong_are_refused(int size, byte[] bytes)
    {
        var json = $$$"""{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":{{{size}}}}}]}""";

        Assert.Equal(400, (await BinaryCall.SendAsync(_host, "/v2/models/same_BYTES/infer", json, bytes)).Status);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("99999999999")]
    [InlineData("100000")]
    [InlineData("")]
    [InlineData("0x10")]
    [InlineData("2, 2")]
    public async Task A_wrong_length_of_the_header_is_refused(string length)
    {
        using var content = new StringContent("""{"inputs":[]}""");
        content.Headers.TryAddWithoutValidation(BinaryCall.HeaderLength, length);
        var response = await _host.Client.PostAsync(new Uri("/v2/models/sum/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("""{}""", "inputs")]
    [InlineData("""{"inputs":[]}""", "no value for x")]
    [InlineData("""{"inputs":{}}""", "inputs")]
    [InlineData("""{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}""", "no name")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}""", "no shape")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"data":[1]}]}""", "no datatype")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}""", "no data")]
    [InlineData("""{"inputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[1]}]}""", "y")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1]}]}""", "FP32")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"STRING","data":[1]}]}""", "STRING")]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1]}]}""", "1 elements")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""", "once")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}}]}""", "once")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""", "0 are left")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"z"}]}""", "x_out")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"x_out"},{"name":"x_out"}]}""", "once")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{}]}""", "name")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"id":42}""", "id")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"id":"\x"}""", "id")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"parameters":{"priority":-1}}""", "priority")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"parameters":{"timeout":"1"}}""", "timeout")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"parameters":{"binary_data_output":1}}""", "binary_data_output")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]} x""", "the end")]
    public async Task What_is_not_of_the_form_is_refused_with_the_reason(string body, string named)
    {
        Assert.Contains(named, await _host.RefusedAsync(400, "/v2/models/same_FP32/infer", body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_no_input_names_are_refused()
    {
        const string Json = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";

        Assert.Equal(400, (await BinaryCall.SendAsync(_host, "/v2/models/same_FP32/infer", Json, [1])).Status);
    }

    [Fact]
    public async Task The_best_classes_come_as_texts_of_score_index_and_label()
    {
        var answer = await _host.AskAsync("/v2/models/dense/infer", """
            {"inputs":[{"name":"features","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,0,0,0,0]}],"outputs":[{"name":"probabilities","parameters":{"classification":2}}]}
            """);
        var output = answer["outputs"]![0]!;
        var scores = (await _host.AskAsync("/v1/models/dense:predict", """{"instances":[[1,2,3,4],[0,0,0,0]]}"""))["predictions"]![0]!.AsArray().Select(static s => s!.GetValue<float>()).ToArray();
        string[] labels = ["cat", "dog", "fish"];
        var best = Array.IndexOf(scores, scores.Max());

        Assert.Equal("BYTES", output["datatype"]!.GetValue<string>());
        Assert.Equal("[2,2]", output["shape"]!.ToJsonString());
        Assert.Equal(FormattableString.Invariant($"{scores[best]}:{best}:{labels[best]}"), output["data"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData("INT64", "[1,5,10,4]", """["10:2"]""")]
    [InlineData("FP32", "[1.1,3.3,0.5,2.4]", """["3.3:1"]""")]
    [InlineData("UINT64", "[18446744073709551614,18446744073709551615]", """["18446744073709551615:0"]""")]
    [InlineData("FP16", "[0.5,NaN]", """["0.5:0"]""")]
    public async Task Scores_are_compared_and_written_in_their_own_type(string type, string data, string expected)
    {
        var model = type is "INT64" ? "matrix64" : type is "FP32" ? "matrix" : null;
        var count = data.Split(',').Length;
        var body = $$$"""{"inputs":[{"name":"x","shape":[{{{(model is null ? "" : "1,")}}}{{{count}}}],"datatype":"{{{type}}}","data":{{{data}}}}],"outputs":[{"name":"x_out","parameters":{"classification":1}}]}""";
        var answer = await _host.AskAsync($"/v2/models/{model ?? "same_" + type}/infer", body);

        Assert.Contains(JsonNode.Parse(expected)![0]!.GetValue<string>(), answer["outputs"]![0]!["data"]!.AsArray().Select(static d => d!.GetValue<string>()));
    }

    [Fact]
    public async Task A_text_is_not_classified() => Assert.Contains("numbers", await _host.RefusedAsync(400, "/v2/models/same_BYTES/infer", """
        {"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["a"]}],"outputs":[{"name":"x_out","parameters":{"classification":1}}]}
        """), StringComparison.Ordinal);

    [Fact]
    public async Task No_rows_are_no_rows()
    {
        var (status, answer, tail) = await BinaryCall.SendAsync(
            _host, "/v2/models/matrix64/infer", """{"inputs":[{"name":"x","shape":[0,3],"datatype":"INT64","parameters":{"binary_data_size":0}}],"parameters":{"binary_data_output":true}}""", []);

        Assert.Equal((200, "[0,3]"), (status, answer["outputs"]![0]!["shape"]!.ToJsonString()));
        Assert.Empty(tail);
    }

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static IEnumerable<int[]> Orders(int count)
    {
        return Permute([.. Enumerable.Range(0, count)], 0);

        static IEnumerable<int[]> Permute(int[] items, int from)
        {
            if (from == items.Length)
            {
                yield return [.. items];
            }

            for (var i = from; i < items.Length; i++)
            {
                (items[from], items[i]) = (items[i], items[from]);
                foreach (var order in Permute(items, from + 1))
                {
                    yield return order;
                }

                (items[from], items[i]) = (items[i], items[from]);
            }
        }
    }
}

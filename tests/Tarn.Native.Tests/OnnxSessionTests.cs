using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class OnnxSessionTests
{
    private static readonly byte[] Line = new OnnxModelBytes()
        .Input("x", OnnxElementType.Float, "batch", 2)
        .Initializer("w", [2, 0, 0, 3], 2, 2)
        .Initializer("b", [10, 20], 2)
        .Node("MatMul", ["x", "w"], ["xw"])
        .Node("Add", ["xw", "b"], ["y"])
        .Node("Neg", ["y"], ["z"])
        .Output("y", OnnxElementType.Float, "batch", 2)
        .Output("z", OnnxElementType.Float, "batch", 2)
        .Property("labels", "a,b")
        .Property("größe", "groß")
        .ToArray();

    [Fact]
    public void A_model_says_what_it_takes_and_gives_and_who_wrote_it()
    {
        using var session = OnnxSession.FromBytes(Line);
        var input = Assert.Single(session.Inputs);
        Assert.Equal("x: Float[batch,2]", input.ToString());
        Assert.Equal([-1, 2], input.Shape);
        Assert.Equal(["batch", ""], input.DimensionNames);
        Assert.Equal(["y", "z"], session.Outputs.Select(static o => o.Name));
        Assert.Equal("tarn-tests", session.Metadata.Producer);
        Assert.Equal("g", session.Metadata.Graph);
        Assert.Equal("tests.example", session.Metadata.Domain);
        Assert.Equal("made by hand", session.Metadata.Description);
        Assert.Equal(42, session.Metadata.Version);
        Assert.Equal("a,b", session.Metadata.Custom["labels"]);
        Assert.Equal("groß", session.Metadata.Custom["größe"]);
    }

    [Fact]
    public void It_runs_on_the_callers_memory()
    {
        using var session = OnnxSession.FromBytes(Line);
        var data = new float[] { 1, 1, 2, 2, 3, 3 };
        using var x = OnnxValue.FromMemory<float>(data, 3, 2);
        using var all = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x });
        Assert.Equal([12, 23, 14, 26, 16, 29], all["y"].ToArray<float>());
        Assert.Equal([3, 2], all["y"].Shape);
        Assert.Equal(["y", "z"], all.Names);
        data[0] = 5;
        using var one = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x }, ["z"]);
        Assert.Equal([-20, -23], Assert.Single(one).ToArray<float>()[..2]);
    }

    [Fact]
    public void Outputs_may_be_written_into_the_callers_memory()
    {
        using var session = OnnxSession.FromBytes(Line);
        using var x = OnnxValue.FromMemory<float>(new float[] { 1, 1 }, 1, 2);
        var result = new float[2];
        using var y = OnnxValue.FromMemory<float>(result, 1, 2);
        OnnxValue?[] outputs = [y, null];
        session.Run([x], outputs);
        Assert.Equal([12, 23], result);
        Assert.Same(y, outputs[0]);
        using var z = outputs[1]!;
        Assert.Equal([-12, -23], z.ToArray<float>());
    }

    [Fact]
    public void It_runs_on_memory_that_differs_from_run_to_run_without_garbage()
    {
        using var session = OnnxSession.FromBytes(Line);
        var results = new float[2][];
        OnnxValue[] outputs = [.. results.Select((_, i) => OnnxValue.FromMemory<float>(results[i] = GC.AllocateArray<float>(2, pinned: true), 1, 2))];
        byte[][] data = [Bytes(1, 1), Bytes(0, 2, 3)];
        long[] shape = [1, 2];
        OnnxMemoryTensor[] inputs = new OnnxMemoryTensor[1];
        Run(0, 0, [12, 23]);
        Run(1, 4, [14, 29]);
        Assert.Equal(0, Garbage.LeastOf(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                Set(i % 2, 0);
                session.Run(inputs, outputs);
            }
        }));
        Array.ForEach(outputs, static o => o.Dispose());

        void Set(int which, int from) => inputs[0] = new OnnxMemoryTensor(OnnxElementType.Float, data[which].AsMemory(from, 8), shape);

        void Run(int which, int from, float[] expected)
        {
            Set(which, from);
            session.Run(inputs, outputs);
            Assert.Equal(expected, results[0]);
            Assert.Equal(expected.Select(static v => -v), results[1]);
        }

        static byte[] Bytes(params float[] values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray();
    }

    [Fact]
    public void What_does_not_fit_a_run_on_memory_is_told_and_the_session_goes_on()
    {
        using var session = OnnxSession.FromBytes(Line);
        using var y = OnnxValue.FromMemory<float>(new float[2], 1, 2);
        using var z = OnnxValue.FromMemory<float>(new float[2], 1, 2);
        Assert.Contains("12 bytes for Float[1,2]", Refusal(OnnxElementType.Float, 12, 1, 2));
        Assert.Contains("-1", Refusal(OnnxElementType.Float, 8, -1, 2));
        Assert.Contains("Int64[1,2] was given for x: Float[batch,2]", Refusal(OnnxElementType.Int64, 16, 1, 2));
        Assert.Contains("Float[1,3] was given for x: Float[batch,2]", Refusal(OnnxElementType.Float, 12, 1, 3));
        Assert.Contains("String", Refusal(OnnxElementType.String, 0, 1, 2));
        Assert.Contains("0 of 1 inputs", Assert.Throws<TarnException>(() => session.Run(ReadOnlySpan<OnnxMemoryTensor>.Empty, [y, z])).Message);
        Assert.Throws<TarnException>(() => session.Run([Tensor(OnnxElementType.Float, 0, 0, 2)], [y, z]));
        session.Run([Tensor(OnnxElementType.Float, 8, 1, 2)], [y, z]);
        Assert.Equal([10, 20], y.ToArray<float>());

        string Refusal(OnnxElementType type, int bytes, params long[] shape) => Assert.Throws<TarnException>(() => session.Run([Tensor(type, bytes, shape)], [y, z])).Message;

        static OnnxMemoryTensor Tensor(OnnxElementType type, int bytes, params long[] shape) => new(type, new byte[bytes], shape);
    }

    [Fact]
    public void A_model_of_many_inputs_runs_on_memory()
    {
        var model = new OnnxModelBytes();
        string[] names = [.. Enumerable.Range(0, 20).Select(static i => $"x{i}")];
        Array.ForEach(names, n => model.Input(n, OnnxElementType.Float, 1));
        using var session = OnnxSession.FromBytes(model.Node("Concat", names, ["y"], ("axis", 0)).Output("y", OnnxElementType.Float, 20).ToArray());
        using var y = OnnxValue.FromMemory<float>(new float[20], 20);
        session.Run([.. Enumerable.Range(0, 20).Select(static i => new OnnxMemoryTensor(OnnxElementType.Float, BitConverter.GetBytes((float)i), new long[] { 1 }))], [y]);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => (float)i), y.ToArray<float>());
    }

    [Fact]
    public void A_file_is_loaded_and_found_again_by_its_name_in_errors()
    {
        var folder = Directory.CreateTempSubdirectory("tarn-tést-").FullName;
        try
        {
            var path = Path.Combine(folder, "model.onnx");
            File.WriteAllBytes(path, Line);
            using (var session = OnnxSession.FromFile(path))
            {
                Assert.Equal(2, session.Outputs.Count);
            }

            File.WriteAllBytes(path, Line[..50]);
            var error = Assert.Throws<TarnException>(() => OnnxSession.FromFile(path));
            Assert.Equal(ErrorKind.Corrupt, error.Kind);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            File.Delete(path);
            Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => OnnxSession.FromFile(path)).Kind);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("cut")]
    [InlineData("operator")]
    [InlineData("type")]
    public void What_is_no_model_is_refused_with_what_is_wrong(string fault)
    {
        var bytes = fault switch
        {
            "empty" => [],
            "text" => "<!DOCTYPE html><html>not found</html>"u8.ToArray(),
            "cut" => Line[..(Line.Length / 2)],
            "operator" => new OnnxModelBytes().Input("x", OnnxElementType.Float, 1).Node("NoSuchThing", ["x"], ["y"]).Output("y", OnnxElementType.Float, 1).ToArray(),
            _ => new OnnxModelBytes().Input("x", OnnxElementType.Float, 1).Node("Not", ["x"], ["y"]).Output("y", OnnxElementType.Bool, 1).ToArray(),
        };
        var error = Assert.Throws<TarnException>(() => OnnxSession.FromBytes(bytes, new OnnxSessionOptions { Name = "pizza 3" }));
        Assert.Contains("pizza 3", error.Message, StringComparison.Ordinal);
        Assert.Contains(fault == "operator" ? "NoSuchThing" : "", error.Message, StringComparison.Ordinal);
        Assert.True(error.Kind is ErrorKind.Corrupt or ErrorKind.Unsupported, error.ToString());
    }

    [Fact]
    public void Damaged_models_load_or_are_refused_and_nothing_else()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("TARN_FUZZ") ?? "150", CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper!.WriteLine($"seeds 0 to {count - 1}");
        var refused = 0;
        for (var seed = 0; seed < count; seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])Line.Clone();
            for (var hit = random.Next(1, 6); hit > 0; hit--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var session = OnnxSession.FromBytes(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
                _ = session.Metadata;
            }
            catch (TarnException error)
            {
                Assert.Contains("model", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, count / 4, count);
    }

    [Fact]
    public void What_does_not_fit_is_named_with_both_sides()
    {
        using var session = OnnxSession.FromBytes(Line);
        using var ok = OnnxValue.FromMemory<float>(new float[2], 1, 2);
        using var wide = OnnxValue.FromMemory<float>(new float[3], 1, 3);
        using var flat = OnnxValue.FromMemory<float>(new float[2], 2);
        using var doubles = OnnxValue.FromMemory<double>(new double[2], 1, 2);
        Fails("no value for x: Float[batch,2]", () => session.Run(new Dictionary<string, OnnxValue>()));
        Fails("It has: x.", () => session.Run(new Dictionary<string, OnnxValue> { ["X"] = ok }));
        Fails("It has: y, z.", () => session.Run(new Dictionary<string, OnnxValue> { ["x"] = ok }, ["w"]));
        Fails("Float[1,3] was given for x: Float[batch,2]", () => session.Run(new Dictionary<string, OnnxValue> { ["x"] = wide }));
        Fails("Float[2] was given for x: Float[batch,2]", () => session.Run(new Dictionary<string, OnnxValue> { ["x"] = flat }));
        Fails("Double[1,2] was given for x: Float[batch,2]", () => session.Run(new Dictionary<string, OnnxValue> { ["x"] = doubles }));
        Fails("2 of 1 inputs", () =>
        {
            session.Run([ok, ok], new OnnxValue?[2]);
            return "";
        });
        Fails("5 for Float[2,3]", () => OnnxValue.FromMemory<float>(new float[5], 2, 3));
        Fails("-1", () => OnnxValue.FromMemory<float>(new float[5], -1, 5));
        Fails("Double for Float[1,2]", () => ok.ToArray<double>());
        Fails("Float[1,2]", () => ok.GetStrings());
        using var after = session.Run(new Dictionary<string, OnnxValue> { ["x"] = ok });
        Assert.Equal([10, 20], after[0].ToArray<float>());

        static void Fails(string part, Func<object> act)
        {
            object? Act() => act();
            var error = Assert.Throws<TarnException>(Act);
            Assert.Equal(ErrorKind.InvalidInput, error.Kind);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }
}

using System.Globalization;
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

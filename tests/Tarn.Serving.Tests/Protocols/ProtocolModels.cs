using DataType = Tarn.Training.TensorProto.Types.DataType;

namespace Tarn.Serving.Tests;

/// <summary>Models whose answers say what was read: every type as it came, several inputs, several ranks.</summary>
internal static class ProtocolModels
{
    /// <summary>The names of the Open Inference Protocol, in ONNX's types.</summary>
    public static readonly IReadOnlyDictionary<string, DataType> Types = new Dictionary<string, DataType>(StringComparer.Ordinal)
    {
        ["BOOL"] = DataType.Bool,
        ["UINT8"] = DataType.Uint8,
        ["UINT16"] = DataType.Uint16,
        ["UINT32"] = DataType.Uint32,
        ["UINT64"] = DataType.Uint64,
        ["INT8"] = DataType.Int8,
        ["INT16"] = DataType.Int16,
        ["INT32"] = DataType.Int32,
        ["INT64"] = DataType.Int64,
        ["FP16"] = DataType.Float16,
        ["FP32"] = DataType.Float,
        ["FP64"] = DataType.Double,
        ["BF16"] = DataType.Bfloat16,
        ["BYTES"] = DataType.String,
    };

    /// <summary>Writes all of them.</summary>
    public static void Write(string folder)
    {
        TestModels.Write(folder, "half_plus_two", 123, TestModels.HalfPlusTwo());
        TestModels.Write(folder, "simple", 1, TestModels.Simple());
        TestModels.Write(folder, "dense", 2, TestModels.Dense(), "cat\ndog\nfish\n");
        TestModels.Write(folder, "lookup", 1, TestModels.Lookup());
        TestModels.Write(folder, "mean", 1, TestModels.Mean());
        foreach (var (name, type) in Types)
        {
            TestModels.Write(folder, "same_" + name, 1, Same(("x", type, ["n"])));
        }

        TestModels.Write(folder, "matrix", 1, Same(("x", DataType.Float, ["n", "m"])));
        TestModels.Write(folder, "matrix64", 1, Same(("x", DataType.Int64, ["n", "m"])));
        TestModels.Write(folder, "cube", 1, Same(("x", DataType.Int32, ["a", "b", "c"])));
        TestModels.Write(folder, "scalar", 1, Same(("x", DataType.Float, [])));
        TestModels.Write(folder, "fixed", 1, Same(("x", DataType.Float, ["n", 2])));
        TestModels.Write(folder, "text matrix", 1, Same(("x", DataType.String, ["n", "m"])));
        TestModels.Write(folder, "three", 1, Same(("tag", DataType.String, ["n"]), ("signal", DataType.Float, ["n", 5]), ("sensor", DataType.Int64, ["n", 2, 2])));
        TestModels.Write(folder, "bytes", 1, TestModels.Build(
            [TestModels.Port("image", DataType.String, "n")], [TestModels.Port("image_bytes", DataType.String, "n")], [], [TestModels.Node("Identity", ["image"], ["image_bytes"])]));
        TestModels.Write(folder, "sum", 1, Sum());
        TestModels.Write(folder, "sum", 3, Sum());
        File.WriteAllText(Path.Combine(folder, "sum", "aliases.json"), """{"stable": 1}""");
        TestModels.Write(folder, "broken", 1, [1, 2, 3]);
    }

    /// <summary>Each input as an output of its name with <c>_out</c> behind it.</summary>
    public static byte[] Same(params (string Name, DataType Type, object[] Shape)[] ports) => TestModels.Build(
        ports.Select(static p => TestModels.Port(p.Name, p.Type, p.Shape)),
        ports.Select(static p => TestModels.Port(p.Name + "_out", p.Type, p.Shape)),
        [],
        ports.Select(static p => TestModels.Node("Identity", [p.Name], [p.Name + "_out"])));

    private static byte[] Sum() => TestModels.Build(
        [TestModels.Port("a", DataType.Float, "n"), TestModels.Port("b", DataType.Float, "n")],
        [TestModels.Port("sum", DataType.Float, "n")],
        [],
        [TestModels.Node("Add", ["a", "b"], ["sum"])]);
}

/// <summary>One server for all tests of a class: they ask it and change nothing that others see.</summary>
public sealed class ProtocolHost : Xunit.IAsyncLifetime
{
    public ServingHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await ServingHost.StartAsync(ProtocolModels.Write, new ServingOptions
    {
        Models = new Dictionary<string, ModelOptions>(StringComparer.Ordinal) { ["sum"] = new() { Versions = VersionPolicy.All } },
    });

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

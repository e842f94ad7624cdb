using Tarn.Native;

namespace Tarn.Serving;

/// <summary>What the protocols call the element types that tensors of requests and answers may have, and what they take in memory.</summary>
internal static class TensorTypes
{
    private static readonly Row[] Rows =
    [
        new(OnnxElementType.Float, "FP32", "DT_FLOAT", 4),
        new(OnnxElementType.Double, "FP64", "DT_DOUBLE", 8),
        new(OnnxElementType.Float16, "FP16", "DT_HALF", 2),
        new(OnnxElementType.BFloat16, "BF16", "DT_BFLOAT16", 2),
        new(OnnxElementType.Int8, "INT8", "DT_INT8", 1),
        new(OnnxElementType.Int16, "INT16", "DT_INT16", 2),
        new(OnnxElementType.Int32, "INT32", "DT_INT32", 4),
        new(OnnxElementType.Int64, "INT64", "DT_INT64", 8),
        new(OnnxElementType.UInt8, "UINT8", "DT_UINT8", 1),
        new(OnnxElementType.UInt16, "UINT16", "DT_UINT16", 2),
        new(OnnxElementType.UInt32, "UINT32", "DT_UINT32", 4),
        new(OnnxElementType.UInt64, "UINT64", "DT_UINT64", 8),
        new(OnnxElementType.Bool, "BOOL", "DT_BOOL", 1),
        new(OnnxElementType.String, "BYTES", "DT_STRING", 0),
    ];

    private static readonly Row?[] ByType = Index();

    /// <summary>Whether tensors of this type can be served.</summary>
    public static bool IsServed(OnnxElementType type) => (uint)type < (uint)ByType.Length && ByType[(int)type] is not null;

    /// <summary>The type's name in the Open Inference Protocol, as <c>FP32</c>.</summary>
    public static string OpenInference(OnnxElementType type) => Of(type).OpenInference;

    /// <inheritdoc cref="OpenInference"/>
    public static ReadOnlySpan<byte> OpenInferenceUtf8(OnnxElementType type) => Of(type).Utf8;

    /// <summary>The type's name in TensorFlow, as <c>DT_FLOAT</c>.</summary>
    public static string TensorFlow(OnnxElementType type) => Of(type).TensorFlow;

    /// <summary>Bytes of an element; 0 for texts.</summary>
    public static int Size(OnnxElementType type) => Of(type).Size;

    /// <summary>The type of a name of the Open Inference Protocol, or undefined.</summary>
    public static OnnxElementType OfOpenInference(ReadOnlySpan<byte> name)
    {
        foreach (var row in Rows)
        {
            if (name.SequenceEqual(row.Utf8))
            {
                return row.Type;
            }
        }

        return OnnxElementType.Undefined;
    }

    private static Row Of(OnnxElementType type) => ByType[(int)type]!;

    private static Row?[] Index()
    {
        var index = new Row?[Rows.Max(static r => (int)r.Type) + 1];
        foreach (var row in Rows)
        {
            index[(int)row.Type] = row;
        }

        return index;
    }

    private sealed record Row(OnnxElementType Type, string OpenInference, string TensorFlow, int Size)
    {
        public byte[] Utf8 { get; } = System.Text.Encoding.ASCII.GetBytes(OpenInference);
    }
}

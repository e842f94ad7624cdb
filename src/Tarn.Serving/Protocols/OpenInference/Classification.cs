using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>The classification extension: in place of an output's values its best classes, a text each, <c>SCORE:INDEX</c> or <c>SCORE:INDEX:LABEL</c>.</summary>
internal static class Classification
{
    /// <summary>Replaces an output by its best classes, of each row where the model takes batches. Scores are compared, and written, in the output's own type.</summary>
    public static void Replace(InferenceRequest request, int output, int most)
    {
        var tensor = request.Outputs[output];
        var bytes = tensor.Bytes;
        switch (tensor.Type)
        {
            case OnnxElementType.Float:
                Replace<float>(request, output, most, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
                break;
            case OnnxElementType.Double:
                Replace<double>(request, output, most, MemoryMarshal.Cast<byte, double>(bytes).ToArray());
                break;
            case OnnxElementType.Float16:
                Replace<Half>(request, output, most, MemoryMarshal.Cast<byte, Half>(bytes).ToArray());
                break;
            case OnnxElementType.BFloat16:
                Replace<float>(request, output, most, Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), static b => BitConverter.UInt32BitsToSingle((uint)b << 16)));
                break;
            case OnnxElementType.Int8:
                Replace<sbyte>(request, output, most, MemoryMarshal.Cast<byte, sbyte>(bytes).ToArray());
                break;
            case OnnxElementType.UInt8:
                Replace<byte>(request, output, most, bytes.ToArray());
                break;
            case OnnxElementType.Int16:
                Replace<short>(request, output, most, MemoryMarshal.Cast<byte, short>(bytes).ToArray());
                break;
            case OnnxElementType.UInt16:
                Replace<ushort>(request, output, most, MemoryMarshal.Cast<byte, ushort>(bytes).ToArray());
                break;
            case OnnxElementType.Int32:
                Replace<int>(request, output, most, MemoryMarshal.Cast<byte, int>(bytes).ToArray());
                break;
            case OnnxElementType.UInt32:
                Replace<uint>(request, output, most, MemoryMarshal.Cast<byte, uint>(bytes).ToArray());
                break;
            case OnnxElementType.Int64:
                Replace<long>(request, output, most, MemoryMarshal.Cast<byte, long>(bytes).ToArray());
                break;
            case OnnxElementType.UInt64:
                Replace<ulong>(request, output, most, MemoryMarshal.Cast<byte, ulong>(bytes).ToArray());
                break;
            default:
                throw TarnException.InvalidInput(
                    "Classes are ranked by scores that are numbers.", $"{request.Model.Outputs[output].Name} is {TensorTypes.OpenInference(tensor.Type)}", "Leave classification out for this output.");
        }
    }

    private static void Replace<T>(InferenceRequest request, int output, int most, T[] scores)
        where T : INumber<T>
    {
        var (model, tensor) = (request.Model, request.Outputs[output]);
        var rows = model.IsBatchable ? (int)tensor.Rows : 1;
        var classes = rows == 0 ? 0 : tensor.Count / rows;
        var count = Math.Min(most, classes);
        var texts = new byte[rows * count][];
        var order = new int[classes];
        for (var row = 0; row < rows; row++)
        {
            for (var c = 0; c < classes; c++)
            {
                order[c] = c;
            }

            var offset = row * classes;
            Array.Sort(order, (a, b) => scores[offset + b].CompareTo(scores[offset + a]) is var by && by != 0 ? by : a.CompareTo(b));
            for (var c = 0; c < count; c++)
            {
                var label = model.Labels is { } labels && order[c] < labels.Count ? ":" + labels[order[c]] : "";
                texts[(row * count) + c] = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{scores[offset + order[c]]}:{order[c]}{label}"));
            }
        }

        ReadOnlySpan<long> shape = model.IsBatchable ? [rows, count] : [count];
        tensor.Set(OnnxElementType.String, shape, model.Outputs[output].Name);
        texts.CopyTo(tensor.Texts, 0);
    }
}

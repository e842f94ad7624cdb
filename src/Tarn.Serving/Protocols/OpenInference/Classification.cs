using System.Globalization;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>The classification extension: in place of an output's values its best classes, a text each, <c>SCORE:INDEX</c> or <c>SCORE:INDEX:LABEL</c>.</summary>
internal static class Classification
{
    /// <summary>Replaces an output by its best classes, of each row where the model takes batches.</summary>
    public static void Replace(InferenceRequest request, int output, int most)
    {
        var (model, tensor) = (request.Model, request.Outputs[output]);
        if (tensor.Type is not (OnnxElementType.Float or OnnxElementType.Double))
        {
            throw TarnException.InvalidInput("Classes are counted by scores of FP32 or FP64.", $"{model.Outputs[output].Name} is {TensorTypes.OpenInference(tensor.Type)}", "Leave classification out.");
        }

        var rows = model.IsBatchable ? (int)tensor.Rows : 1;
        var classes = rows == 0 ? 0 : tensor.Count / rows;
        var count = Math.Min(most, classes);
        var scores = Scores(tensor);
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
                texts[(row * count) + c] = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{scores[offset + order[c]]:0.000000}:{order[c]}{label}"));
            }
        }

        ReadOnlySpan<long> shape = model.IsBatchable ? [rows, count] : [count];
        tensor.Set(OnnxElementType.String, shape, model.Outputs[output].Name);
        texts.CopyTo(tensor.Texts, 0);
    }

    private static double[] Scores(TensorData tensor)
    {
        var scores = new double[tensor.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = tensor.Type == OnnxElementType.Float
                ? System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(tensor.Bytes[(i * 4)..])
                : System.Buffers.Binary.BinaryPrimitives.ReadDoubleLittleEndian(tensor.Bytes[(i * 8)..]);
        }

        return scores;
    }
}

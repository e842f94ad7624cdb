using System.Buffers.Binary;
using System.Text;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// What a model's answer comes to, a text for each row, by which two models' answers are compared: the label that it gives, else the class of the greatest score, else the numbers,
/// rounded to three digits.
/// </summary>
internal sealed class Answers
{
    private readonly string[] _rows;

    private Answers(string[] rows) => _rows = rows;

    public IReadOnlyList<string> Rows => _rows;

    /// <summary>What the first row comes to, a short text without more garbage than that.</summary>
    public static string First(LoadedModel model, InferenceRequest request)
    {
        foreach (var output in request.Outputs)
        {
            if (output.Type == OnnxElementType.String && output.Count > 0)
            {
                return model.Labels?.FirstOrDefault(l => Encoding.UTF8.GetByteCount(l) == output.Texts[0].Length && Encoding.UTF8.GetBytes(l).AsSpan().SequenceEqual(output.Texts[0])) ?? Encoding.UTF8.GetString(output.Texts[0]);
            }
        }

        foreach (var output in request.Outputs)
        {
            if (output.Type == OnnxElementType.Float && output.Count > 0)
            {
                var width = model.IsBatchable ? (int)(output.Count / Math.Max(1, output.Rows)) : output.Count;
                var best = Best(output, 0, width, out _);
                return width > 1 && model.Labels is { } labels && best < labels.Count ? labels[best] : "";
            }
        }

        return "";
    }

    public static Answers Of(LoadedModel model, InferenceRequest request)
    {
        foreach (var output in request.Outputs)
        {
            if (output.Type == OnnxElementType.String && output.Shape.Length <= 2)
            {
                return new Answers([.. output.Texts.Take(output.Count).Select(static t => Encoding.UTF8.GetString(t))]);
            }
        }

        foreach (var output in request.Outputs)
        {
            if (output.Type == OnnxElementType.Float && output.Count > 0)
            {
                return new Answers(OfScores(output, model.IsBatchable ? (int)output.Rows : 1, model.Labels));
            }
        }

        return new Answers([.. request.Outputs.Select(static o => Convert.ToHexString(o.Bytes))]);
    }

    /// <summary>Whether both say the same of every row.</summary>
    public bool Agrees(Answers other) => _rows.AsSpan().SequenceEqual(other._rows);

    private static string[] OfScores(TensorData output, int rows, IReadOnlyList<string>? labels)
    {
        var answers = new string[Math.Max(1, rows)];
        var width = output.Count / answers.Length;
        for (var row = 0; row < answers.Length; row++)
        {
            var best = Best(output, row * width, width, out var greatest);
            answers[row] = width == 1 ? greatest.ToString("G3", System.Globalization.CultureInfo.InvariantCulture)
                : labels is not null && best < labels.Count ? labels[best]
                : best.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return answers;
    }

    private static int Best(TensorData output, int from, int width, out float greatest)
    {
        (var best, greatest) = (0, float.NegativeInfinity);
        for (var c = 0; c < width; c++)
        {
            var score = BinaryPrimitives.ReadSingleLittleEndian(output.Bytes[(4 * (from + c))..]);
            if (score > greatest)
            {
                (best, greatest) = (c, score);
            }
        }

        return best;
    }
}

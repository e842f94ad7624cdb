using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>A head alone as a model that takes rows of features.</summary>
public static class FeatureModel
{
    /// <summary>The name of the input.</summary>
    public const string Input = "features";

    private const int Rows = 16;

    /// <summary>The model's files, <c>model.onnx</c> alone. Its probabilities are compared with the head's own on a few made-up rows and must agree to <see cref="ImageModel.Tolerance"/>.</summary>
    /// <exception cref="TarnException">They do not.</exception>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Export(TrainedHead head)
    {
        var graph = new OnnxComposer("feature_model");
        var features = graph.Input(Input, TensorProto.Types.DataType.Float, "N", head.Inputs);
        var (probabilities, label) = HeadGraph.Append(graph, features, head);
        graph.Output(HeadGraph.Probabilities, probabilities, TensorProto.Types.DataType.Float, "N", head.Classes.Count);
        graph.Output(HeadGraph.Label, label, TensorProto.Types.DataType.String, "N");
        var model = graph.Build().ToBytes();
        Check(model, head);
        return new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [ImageModelFiles.ModelName] = model };
    }

    private static void Check(byte[] model, TrainedHead head)
    {
        var random = new SeededRandom(1);
        var rows = new FloatMatrix(Rows, head.Inputs);
        for (var r = 0; r < Rows; r++)
        {
            for (var c = 0; c < head.Inputs; c++)
            {
                rows[r, c] = (float)((random.NextNormal() * (head.InputScale?[c] ?? 1)) + (head.InputMean?[c] ?? 0));
            }
        }

        var expected = head.Predict(rows);
        using var session = OnnxSession.FromBytes(model, new OnnxSessionOptions { Name = ImageModelFiles.ModelName });
        using var input = OnnxValue.FromMemory<float>(rows.Data, Rows, head.Inputs);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { [Input] = input });
        var actual = outputs[HeadGraph.Probabilities].AsSpan<float>();
        for (var i = 0; i < actual.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected.Data[i]) <= ImageModel.Tolerance))
            {
                throw TarnException.Corrupt(
                    "An exported model says what the trainer says.", string.Create(CultureInfo.InvariantCulture, $"{actual[i]} in place of {expected.Data[i]}"), "Standardise the features, or scale them to ordinary sizes, and train again.");
            }
        }
    }
}

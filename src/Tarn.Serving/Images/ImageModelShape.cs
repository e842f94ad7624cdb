using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Whether a model is asked with pictures, and where its answer is: one input of bytes, height by width by three, a probability for each label, and perhaps the label itself.</summary>
internal sealed record ImageModelShape(int Scores, int Label)
{
    /// <summary>The shape of a model that takes pictures; null where it takes something else.</summary>
    public static ImageModelShape? Of(LoadedModel model)
    {
        if (model.Labels is not { Count: > 0 } || model.Inputs is not [{ Type: OnnxElementType.UInt8, Shape: [-1, -1, 3] }])
        {
            return null;
        }

        var scores = Array.FindIndex(model.Outputs, static o => o.Type == OnnxElementType.Float);
        return scores < 0 ? null : new ImageModelShape(scores, Array.FindIndex(model.Outputs, static o => o.IsText));
    }
}

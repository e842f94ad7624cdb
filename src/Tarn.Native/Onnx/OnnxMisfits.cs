using System.Globalization;

namespace Tarn.Native;

/// <summary>Finds what does not fit between what a model declares and what it was given; asked only after a run has failed.</summary>
internal static class OnnxMisfits
{
    /// <summary>The first input that does not fit, with both sides, or null where all do.</summary>
    internal static string? Find(IReadOnlyList<OnnxTensorInfo> declared, ReadOnlySpan<OnnxValue> given)
    {
        for (var i = 0; i < given.Length; i++)
        {
            var value = given[i];
            if (value.Kind != declared[i].Kind || (value.Kind == OnnxValueKind.Tensor && Differs(declared[i], value)))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value} was given for {declared[i]}");
            }
        }

        return null;
    }

    private static bool Differs(OnnxTensorInfo declared, OnnxValue value)
    {
        if (value.ElementType != declared.ElementType)
        {
            return true;
        }

        // A model that leaves the rank open declares no dimensions.
        if (declared.Shape.Count != value.Shape.Count)
        {
            return declared.Shape.Count > 0;
        }

        for (var d = 0; d < declared.Shape.Count; d++)
        {
            if (declared.Shape[d] >= 0 && declared.Shape[d] != value.Shape[d])
            {
                return true;
            }
        }

        return false;
    }
}

using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>The shape of a tensor of which only the bytes were sent: that of the model, with the one open dimension that fits.</summary>
internal static class RawShape
{
    public static void Solve(TensorPort port, Span<long> shape, int bytes)
    {
        var open = shape.IndexOf(-1);
        if (open >= 0 && shape[(open + 1)..].Contains(-1))
        {
            // Several are open: one row is what can be meant, if one dimension is left.
            shape[open] = 1;
            open = shape.IndexOf(-1);
        }

        var known = 1L;
        for (var d = 0; d < shape.Length; d++)
        {
            known *= d == open ? 1 : shape[d];
        }

        var row = known * port.ElementSize;
        if (open >= 0 && row > 0 && bytes % row == 0 && !shape[(open + 1)..].Contains(-1))
        {
            shape[open] = bytes / row;
        }
        else if (open >= 0 || row != bytes)
        {
            throw TarnException.InvalidInput(
                $"A body that is one tensor's elements fits the input {port.Name}, {port.Described}.", string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"), "Send JSON that says the shape before the tensor.");
        }
    }
}

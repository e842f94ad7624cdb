using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// The first runs of a model, on zeros: they make the runtime allocate what it needs, and show whether the first dimension of its inputs and outputs is the number of rows. Where
/// dimensions are open beyond that, zeros of some size may be what a model cannot compute: that says nothing against it.
/// </summary>
internal static class WarmUp
{
    /// <summary>Open dimensions of pictures and the like get this length.</summary>
    private const int OpenLength = 8;
    private const long MostBytes = 256L << 20;

    public static ModelShape Run(LoadedModel model)
    {
        var isOpen = model.Inputs.All(static p => p.Shape is [-1, ..]);
        var isBatchable = isOpen && RunsInRows(model, 1) && RunsInRows(model, 2);
        if (!isOpen)
        {
            _ = TryRun(model, 1, out _);
        }

        var canBind = model.Inputs.Concat(model.Outputs).All(static p => p.IsRowFixed && !p.IsText) && (isBatchable || IsStatic(model));
        return new ModelShape(isBatchable, canBind);
    }

    private static bool IsStatic(LoadedModel model) => model.Inputs.Concat(model.Outputs).All(static p => p.Shape[0] >= 0);

    private static bool RunsInRows(LoadedModel model, int rows) => TryRun(model, rows, out var outputs) && outputs.All(o => o.Length > 0 && o[0] == rows) && model.Outputs.All(static p => p.Shape is [-1, ..]);

    private static bool TryRun(LoadedModel model, int rows, out List<long[]> shapes)
    {
        shapes = [];
        var inputs = new OnnxValue?[model.Inputs.Length];
        var outputs = new OnnxValue?[model.Outputs.Length];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var port = model.Inputs[i];
                long[] shape = [.. port.Shape.Select((d, at) => d >= 0 ? d : at == 0 ? rows : OpenLength)];
                if (shape.AsSpan().Product() * Math.Max(1, port.ElementSize) > MostBytes)
                {
                    return false;
                }

                inputs[i] = OnnxValue.Allocate(port.Type, shape);
                if (!port.IsText)
                {
                    inputs[i]!.AsBytes().Clear();
                }
            }

            model.Session.Run(inputs!, outputs);
            shapes.AddRange(outputs.Select(static o => o!.Shape.ToArray()));
            return true;
        }
        catch (TarnException)
        {
            return false;
        }
        finally
        {
            foreach (var value in inputs.Concat(outputs))
            {
                value?.Dispose();
            }
        }
    }
}

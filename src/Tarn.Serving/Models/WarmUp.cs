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

    public static ModelShape Run(OnnxSession session)
    {
        TensorPort[] inputs = [.. session.Inputs.Select(static i => new TensorPort(i))];
        TensorPort[] outputs = [.. session.Outputs.Select(static o => new TensorPort(o))];
        var ports = inputs.Concat(outputs).ToList();
        var isOpen = ports.TrueForAll(static p => p.Shape is [-1, ..]);
        var runs = TryRun(session, inputs, outputs, 1, out var one, out var error);
        var isAsDeclared = runs && AreAsDeclared(outputs, one, 1);
        var isBatchable = isOpen && isAsDeclared && TryRun(session, inputs, outputs, 2, out var two, out error) && AreAsDeclared(outputs, two, 2);
        var isFixed = ports.TrueForAll(static p => p.IsRowFixed && !p.IsText);
        return new ModelShape(inputs, outputs, isBatchable, isFixed && (isBatchable || (isAsDeclared && ports.TrueForAll(static p => p.Shape[0] >= 0))), error);
    }

    /// <summary>Whether the outputs of a run have the shapes that the model declares, the first dimension being the number of rows where it is open. A model may declare what is not so.</summary>
    private static bool AreAsDeclared(TensorPort[] outputs, List<long[]> shapes, int rows)
    {
        for (var i = 0; i < outputs.Length; i++)
        {
            var (declared, shape) = (outputs[i].Shape, shapes[i]);
            if (shape.Length != declared.Length)
            {
                return false;
            }

            for (var d = 0; d < shape.Length; d++)
            {
                if ((declared[d] >= 0 || d == 0) && shape[d] != (declared[d] < 0 ? rows : declared[d]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Runs it once on zeros; says whether it could.</summary>
    public static bool TryRun(OnnxSession session, TensorPort[] inputs, TensorPort[] outputs, int rows, OnnxRunOptions? options = null) =>
        TryRun(session, inputs, outputs, rows, out _, out _, options);

    private static bool TryRun(OnnxSession session, TensorPort[] inputPorts, TensorPort[] outputPorts, int rows, out List<long[]> shapes, out TarnException? error, OnnxRunOptions? options = null)
    {
        shapes = [];
        error = null;
        var inputs = new OnnxValue?[inputPorts.Length];
        var outputs = new OnnxValue?[outputPorts.Length];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var port = inputPorts[i];
                long[] shape = [.. port.Shape.Select((d, at) => d >= 0 ? d : at == 0 ? rows : OpenLength)];
                if (shape.Aggregate(1.0, static (p, d) => p * d) * Math.Max(1, port.ElementSize) > MostBytes)
                {
                    return false;
                }

                inputs[i] = OnnxValue.Allocate(port.Type, shape);
                if (!port.IsText)
                {
                    inputs[i]!.AsBytes().Clear();
                }
            }

            session.Run(inputs!, outputs, options);
            shapes.AddRange(outputs.Select(static o => o!.Shape.ToArray()));
            return true;
        }
        catch (TarnException failure)
        {
            error = failure;
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

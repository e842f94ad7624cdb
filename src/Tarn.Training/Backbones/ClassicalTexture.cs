namespace Tarn.Training;

/// <summary>Texture: a Gabor bank, and local binary patterns.</summary>
internal static class ClassicalTexture
{
    private const int Kernel = 11;
    private const int Turns = 6;
    private const int Channels = 3;
    private const int Around = 8;
    private static readonly double[] WaveLengths = [3.5, 6.5];

    /// <summary>Mean and spread of the bank's energy in L, a and b: 2 wave lengths × 6 directions each, and the means of the quarters.</summary>
    public static IEnumerable<string> GaborEnergies(OnnxComposer graph, string lab, int side)
    {
        var filters = WaveLengths.Length * Turns;
        var even = Bank(graph, lab, filters, phase: 0);
        var odd = Bank(graph, lab, filters, phase: Math.PI / 2);
        var squares = graph.Node("Add", [graph.Node("Mul", [even, even]), graph.Node("Mul", [odd, odd])]);
        var energy = graph.Node("Sqrt", graph.Node("Add", [squares, graph.Float(1e-4f)]));
        var mean = ClassicalParts.Mean(graph, energy);
        var off = graph.Node("Sub", [energy, mean]);
        var spread = graph.Node("Sqrt", ClassicalParts.Mean(graph, graph.Node("Mul", [off, off])));
        yield return Logarithm(graph, mean);
        yield return Logarithm(graph, spread);
        yield return Logarithm(graph, ClassicalParts.Quarters(graph, energy, side - Kernel + 1));
    }

    /// <summary>The shares of the ten rotation-invariant uniform patterns of 8 neighbours, at distances 1 and 2, in the picture and in its quarters.</summary>
    public static IEnumerable<string> Patterns(OnnxComposer graph, string grey, int side)
    {
        // Neighbours in a circle, so that those beside each other in the list are beside each other in the picture.
        int[] places = [0, 1, 2, 5, 8, 7, 6, 3];
        var differences = new float[Around * 9];
        var steps = new float[Around * Around];
        for (var i = 0; i < Around; i++)
        {
            differences[(i * 9) + places[i]] = 1;
            differences[(i * 9) + 4] = -1;
            steps[(i * Around) + i] = 1;
            steps[(i * Around) + ((i + 1) % Around)] = -1;
        }

        foreach (var distance in new[] { 1, 2 })
        {
            var rises = graph.Node("Conv", [grey, graph.Floats(differences, Around, 1, 3, 3)], OnnxAttributes.Ints("dilations", distance, distance));
            var bits = graph.Node("Cast", graph.Node("Greater", [rises, graph.Float(0.01f)]), OnnxAttributes.Int("to", (int)TensorProto.Types.DataType.Float));
            var count = graph.Node("ReduceSum", [bits, graph.Longs(1)]);
            var changes = graph.Node("ReduceSum", [graph.Node("Abs", graph.Node("Conv", [bits, graph.Floats(steps, Around, Around, 1, 1)])), graph.Longs(1)]);
            var isUniform = graph.Node("Cast", graph.Node("Less", [changes, graph.Float(2.5f)]), OnnxAttributes.Int("to", (int)TensorProto.Types.DataType.Float));
            var uniform = graph.Node("Mul", [ClassicalParts.SoftBins(graph, count, Around + 1, 0, Around), isUniform]);
            var all = graph.Node("Concat", [uniform, graph.Node("Sub", [graph.Float(1), isUniform])], OnnxAttributes.Int("axis", 1));
            yield return ClassicalParts.Flat(graph, graph.Node("Sqrt", ClassicalParts.Mean(graph, all)));
            yield return ClassicalParts.Flat(graph, graph.Node("Sqrt", ClassicalParts.Quarters(graph, all, side - (2 * distance))));
        }
    }

    private static string Bank(OnnxComposer graph, string lab, int filters, double phase)
    {
        var weights = new float[Channels * filters * Kernel * Kernel];
        var at = 0;
        for (var channel = 0; channel < Channels; channel++)
        {
            foreach (var length in WaveLengths)
            {
                for (var turn = 0; turn < Turns; turn++)
                {
                    at = Filter(weights, at, length, Math.PI * turn / Turns, phase);
                }
            }
        }

        return graph.Node("Conv", [lab, graph.Floats(weights, Channels * filters, 1, Kernel, Kernel)], OnnxAttributes.Int("group", Channels));
    }

    /// <summary>A wave under a bell as wide as half its length, without its mean, so that even light gives nothing.</summary>
    private static int Filter(float[] weights, int at, double length, double angle, double phase)
    {
        var sigma = 0.5 * length;
        var values = new double[Kernel * Kernel];
        var (bellSum, sum) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            var (x, y) = ((i % Kernel) - (Kernel / 2), (i / Kernel) - (Kernel / 2));
            var bell = Math.Exp(-((x * x) + (y * y)) / (2 * sigma * sigma));
            values[i] = bell * Math.Cos((2 * Math.PI * ((x * Math.Cos(angle)) + (y * Math.Sin(angle))) / length) + phase);
            bellSum += bell;
            sum += values[i];
        }

        for (var i = 0; i < values.Length; i++)
        {
            var (x, y) = ((i % Kernel) - (Kernel / 2), (i / Kernel) - (Kernel / 2));
            var bell = Math.Exp(-((x * x) + (y * y)) / (2 * sigma * sigma));
            weights[at++] = ClassicalParts.Steady((values[i] - (bell * sum / bellSum)) / bellSum);
        }

        return at;
    }

    private static string Logarithm(OnnxComposer graph, string value) => ClassicalParts.Flat(graph, graph.Node("Log", graph.Node("Add", [value, graph.Float(0.05f)])));
}

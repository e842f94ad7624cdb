using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// Runs of models through the binding, against the same calls of ONNX Runtime's functions made straight (names and tensors made once before). A model that does nothing shows
/// what a call costs; a real one, where it is on this machine, what that means. In turn, the fastest of each, by the processor's time.
/// </summary>
internal static unsafe class ModelRuns
{
    private const int Turns = 7;

    /// <summary>A model of one operator, Identity of one float, as protobuf.</summary>
    private static readonly byte[] Nothing = Convert.FromHexString(
        "08083A370A100A017812017922084964656E746974791201675A0F0A0178120A0A08080112040A020801620F0A0179120A0A08080112040A02080142021011");

    public static Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var measured = new List<Measurement>();
        using (var session = OnnxSession.FromBytes(Nothing))
        {
            Measure(session, "a model that does nothing", new float[1], [1], 100_000, 0.5, measured);
        }

        if (SharedData.Find("models/mobilenetv2-12-int8.onnx") is { } path)
        {
            using var session = OnnxSession.FromFile(path, new OnnxSessionOptions { IntraOpThreads = 1 });
            Measure(session, "MobileNetV2 int8, one thread", new float[3 * 224 * 224], [1, 3, 224, 224], 60, 0.95, measured);
        }

        return Task.FromResult<IReadOnlyList<Measurement>>(measured);
    }

    private static void Measure(OnnxSession session, string name, float[] data, long[] shape, int runs, double goal, List<Measurement> measured)
    {
        using var input = OnnxValue.FromMemory<float>(data, shape);
        using var binding = session.Bind();
        binding.BindInput(session.Inputs[0].Name, input);
        binding.BindOutput(session.Outputs[0].Name);
        var inputs = new[] { input };
        var outputs = new OnnxValue?[1];
        var best = new double[] { double.MaxValue, double.MaxValue, double.MaxValue };
        for (var turn = 0; turn <= Turns; turn++)
        {
            var times = new[]
            {
                Seconds(runs, () =>
                {
                    outputs[0] = null;
                    session.Run(inputs, outputs);
                    outputs[0]!.Dispose();
                }),
                Seconds(runs, () => binding.Run()),
                Straight(session, input, runs),
            };
            for (var i = 0; turn > 0 && i < best.Length; i++)
            {
                best[i] = Math.Min(best[i], times[i]);
            }
        }

        measured.Add(Measurement.AtLeastRatio($"{name}: Run", runs / best[0], "runs/s", runs / best[2], goal));
        measured.Add(Measurement.AtLeastRatio($"{name}: a binding", runs / best[1], "runs/s", runs / best[2], goal));
    }

    private static double Straight(OnnxSession session, OnnxValue input, int runs)
    {
        using var heldSession = session.Handle.Borrow();
        using var heldInput = input.Handle.Borrow();
        var (inputName, outputName, value) = (session.InputName(0), session.OutputName(0), heldInput.Pointer);
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < runs; i++)
        {
            nint output = 0;
            if (OnnxModelApi.Run(heldSession.Pointer, 0, &inputName, &value, 1, &outputName, 1, &output) != 0)
            {
                throw new InvalidDataException("The bench's model could not be run.");
            }

            OnnxApi.Release(OnnxApi.ReleaseValue, output);
        }

        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double Seconds(int runs, Action run)
    {
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < runs; i++)
        {
            run();
        }

        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }
}

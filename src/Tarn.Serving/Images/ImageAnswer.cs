using System.Buffers.Binary;
using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a model says of one picture, and what that took.</summary>
internal sealed record ImageAnswer
{
    public TarnException? Error { get; init; }

    public Guid Id { get; init; }

    public int Best { get; init; }

    public float[] Scores { get; init; } = [];

    public TimeSpan Fetch { get; init; }

    public TimeSpan Decode { get; init; }

    public TimeSpan Queue { get; init; }

    public TimeSpan Compute { get; init; }

    /// <summary>Takes the answer out of a request that was run.</summary>
    /// <exception cref="TarnException">The model does not answer with its labels.</exception>
    public static ImageAnswer Of(InferenceRequest request, ImageModelShape shape)
    {
        var (model, output) = (request.Model, request.Outputs[shape.Scores]);
        var labels = model.Labels!;
        if (output.Count != labels.Count)
        {
            throw TarnException.Corrupt("A model of pictures gives a score for each of its labels.", $"{model.Name} {model.VersionText}: {output.Count} scores for {labels.Count} labels", "Register the model again.");
        }

        var scores = new float[output.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = BinaryPrimitives.ReadSingleLittleEndian(output.Bytes[(4 * i)..]);
        }

        // The model's own word goes: two scores can be equal.
        var best = Array.IndexOf(scores, scores.Max());
        if (shape.Label >= 0 && request.Outputs[shape.Label] is { Count: 1 } label)
        {
            var own = Encoding.UTF8.GetString(label.Texts[0]);
            var place = Enumerable.Range(0, labels.Count).FirstOrDefault(i => labels[i] == own, -1);
            best = place >= 0 ? place : best;
        }

        return new ImageAnswer
        {
            Scores = scores,
            Best = best,
            Queue = model.Elapsed(request.QueuedAt, request.StartedAt),
            Compute = model.Elapsed(request.StartedAt, request.EndedAt),
        };
    }

    /// <summary>Writes the members of the answer's object.</summary>
    public void Write(PooledBuffer to, LoadedModel model)
    {
        if (Error is not null)
        {
            to.Write("\"error\":"u8);
            TensorJson.Text(to, Error.Value is null ? Error.Rule : $"{Error.Rule} ({Error.Value})");
            to.Write(",\"remedy\":"u8);
            TensorJson.Text(to, Error.Remedy ?? "");
            return;
        }

        var labels = model.Labels!;
        to.Write("\"prediction_id\":\""u8);
        Span<char> id = stackalloc char[32];
        _ = Id.TryFormat(id, out _, "N");
        to.Advance(Encoding.ASCII.GetBytes(id, to.GetSpan(32)));
        to.Write("\",\"label\":"u8);
        TensorJson.Text(to, labels[Best]);
        to.Write(",\"probability\":"u8);
        TensorJson.Number(to, Scores[Best]);
        to.Write(",\"scores\":{"u8);
        for (var i = 0; i < labels.Count; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            TensorJson.Text(to, labels[i]);
            to.Write((byte)':');
            TensorJson.Number(to, Scores[i]);
        }

        to.Write("},\"timings\":{\"fetch_ms\":"u8);
        Milliseconds(to, Fetch);
        to.Write(",\"decode_ms\":"u8);
        Milliseconds(to, Decode);
        to.Write(",\"queue_ms\":"u8);
        Milliseconds(to, Queue);
        to.Write(",\"compute_ms\":"u8);
        Milliseconds(to, Compute);
        to.Write((byte)'}');
    }

    public static void Milliseconds(PooledBuffer to, TimeSpan time) => TensorJson.Number(to, (float)Math.Round(time.TotalMilliseconds, 3));
}

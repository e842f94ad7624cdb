using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary><c>GET …/metadata</c>: the signature of a version, in the form of a SignatureDef's JSON.</summary>
internal static class TensorFlowMetadata
{
    public static Task SendAsync(HttpContext http, ServingFront front, ModelAddress address)
    {
        using var chosen = front.Choose(http, address.Name, address.Version, address.Label, takesRemotes: true);
        if (chosen.Remote is not null)
        {
            return RemoteCall.RunAsync(front, http, chosen, RemoteAsk.SavedModelMetadata).AsTask();
        }

        using var body = PooledBuffer.Rent();
        Write(body, chosen.Model);
        return HttpAnswer.SendJson(http, body);
    }

    private static void Write(PooledBuffer to, LoadedModel model)
    {
        to.Write("{\"model_spec\":{\"name\":"u8);
        TensorJson.Text(to, model.Name);
        to.Write(",\"signature_name\":\"\",\"version\":\""u8);
        TensorJson.Whole(to, model.Version);
        to.Write("\"},\"metadata\":{\"signature_def\":{\"signature_def\":{\"serving_default\":{\"inputs\":"u8);
        WritePorts(to, model.Inputs);
        to.Write(",\"outputs\":"u8);
        WritePorts(to, model.Outputs);
        to.Write(",\"method_name\":\"tensorflow/serving/predict\"}}}}}"u8);
    }

    private static void WritePorts(PooledBuffer to, TensorPort[] ports)
    {
        to.Write((byte)'{');
        for (var i = 0; i < ports.Length; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            TensorJson.Text(to, ports[i].Utf8Name);
            to.Write(":{\"dtype\":"u8);
            TensorJson.Text(to, TensorTypes.TensorFlow(ports[i].Type));
            to.Write(",\"tensor_shape\":{\"dim\":["u8);
            for (var d = 0; d < ports[i].Shape.Length; d++)
            {
                to.Write(d > 0 ? ",{\"size\":\""u8 : "{\"size\":\""u8);
                TensorJson.Whole(to, ports[i].Shape[d]);
                to.Write("\",\"name\":"u8);
                TensorJson.Text(to, ports[i].Info.DimensionNames[d]);
                to.Write((byte)'}');
            }

            to.Write("],\"unknown_rank\":false},\"name\":"u8);
            TensorJson.Text(to, ports[i].Utf8Name);
            to.Write((byte)'}');
        }

        to.Write((byte)'}');
    }
}

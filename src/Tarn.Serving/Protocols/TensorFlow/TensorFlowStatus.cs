using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary><c>GET /v1/models/NAME</c>: what each version does.</summary>
internal static class TensorFlowStatus
{
    public static Task SendAsync(HttpContext http, ServingFront front, ModelAddress address)
    {
        var model = front.Models.Table.Get(address.Name);
        var version = address.Label.IsEmpty ? ServingFront.VersionOf(address.Version)
            : model.Aliases.TryGetValue(address.Label.ToString(), out var aliased) ? aliased
            : throw TarnException.NotFound($"The model {model.Name} has a version of this label.", address.Label.ToString(), "GET /v1/models/NAME lists the versions.");
        using var body = PooledBuffer.Rent();
        Write(body, model, version);
        return HttpAnswer.SendJson(http, body);
    }

    private static void Write(PooledBuffer to, ServedModel model, long? only)
    {
        to.Write("{\"model_version_status\":["u8);
        var isFirst = true;
        for (var i = model.Versions.Count - 1; i >= 0; i--)
        {
            var status = model.Versions[i];
            if (only is { } version && version != status.Version)
            {
                continue;
            }

            to.Write(isFirst ? "{\"version\":\""u8 : ",{\"version\":\""u8);
            isFirst = false;
            TensorJson.Whole(to, status.Version);
            to.Write("\",\"state\":"u8);
            TensorJson.Text(to, Name(status.State));
            to.Write(",\"status\":{\"error_code\":"u8);
            TensorJson.Text(to, status.Error is null ? "OK" : CodeOf(status.Error.Kind));
            to.Write(",\"error_message\":"u8);
            TensorJson.Text(to, status.Error?.Message ?? "");
            to.Write("}}"u8);
        }

        to.Write("]}"u8);
        if (isFirst)
        {
            throw model.NotAvailable(only);
        }
    }

    private static string Name(VersionState state) => state switch
    {
        VersionState.Start => "START",
        VersionState.Loading => "LOADING",
        VersionState.Available => "AVAILABLE",
        VersionState.Unloading => "UNLOADING",
        _ => "END",
    };

    private static string CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => "INVALID_ARGUMENT",
        ErrorKind.NotFound => "NOT_FOUND",
        ErrorKind.Unsupported => "UNIMPLEMENTED",
        ErrorKind.Corrupt => "DATA_LOSS",
        ErrorKind.Unavailable => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
}

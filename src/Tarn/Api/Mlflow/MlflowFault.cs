using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn;

/// <summary>An error with one of MLflow's codes, where an error of the registry does not tell which.</summary>
internal sealed class MlflowFault(string code, string message) : Exception(message)
{
    public const string Invalid = "INVALID_PARAMETER_VALUE";
    public const string Missing = "RESOURCE_DOES_NOT_EXIST";
    public const string Exists = "RESOURCE_ALREADY_EXISTS";
    public const string State = "INVALID_STATE";
    public const string Denied = "PERMISSION_DENIED";
    public const string Unauthenticated = "UNAUTHENTICATED";
    public const string LimitExceeded = "REQUEST_LIMIT_EXCEEDED";
    public const string BadRequest = "BAD_REQUEST";
    public const string NotImplemented = "NOT_IMPLEMENTED";
    public const string NoEndpoint = "ENDPOINT_NOT_FOUND";
    public const string Internal = "INTERNAL_ERROR";

    public string Code { get; } = code;

    /// <summary>MLflow's code and message of an error; null where it is a fault of ours.</summary>
    public static (string Code, string Message)? Of(Exception exception) => exception switch
    {
        MlflowFault fault => (fault.Code, fault.Message),
        TarnException { Kind: ErrorKind.InvalidInput } e => (Invalid, e.Message),
        TarnException { Kind: ErrorKind.NotFound } e => (Missing, e.Message),
        TarnException { Kind: ErrorKind.Conflict } e => (Exists, e.Message),
        TarnException { Kind: ErrorKind.Unsupported } e => (NotImplemented, e.Message),
        TarnException { Kind: ErrorKind.Unavailable } e => ("TEMPORARILY_UNAVAILABLE", e.Message),
        TarnException e => (Internal, e.Message),
        BadHttpRequestException e => (Invalid, e.Message),
        _ => null,
    };

    /// <summary>The code of a request that is refused with a status before it comes to this API.</summary>
    public static string CodeOf(int status) => status switch
    {
        401 => Unauthenticated,
        403 => Denied,
        429 => LimitExceeded,
        _ => BadRequest,
    };

    /// <summary>The status that goes with a code, as MLflow's <c>exceptions</c> module has it.</summary>
    public static int StatusOf(string code) => code switch
    {
        Invalid or Exists or BadRequest => 400,
        Unauthenticated => 401,
        Denied => 403,
        Missing or NoEndpoint => 404,
        LimitExceeded => 429,
        NotImplemented => 501,
        "TEMPORARILY_UNAVAILABLE" => 503,
        _ => 500,
    };
}
